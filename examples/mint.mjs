// Mint a survey link from Node: no package, no network, nothing remembered.
//
//     CX_BASE_URL=https://cx.agency.gov CX_KEY=... node mint.mjs SERVICE OFFICE CHANNEL [TIME [NAME]]
//
// TIME is when the visit ended (default: now), and NAME your own number of it: the same NAME and
// TIME mint the same link. For a kiosk, poster or site link, TIME is when it ends (default: as late
// as may be), and NAME the place. Times look like 2026-11-04T10:20:00-05:00.
// CX_KEY may hold several keys, with spaces between them, the newest last.
// `node mint.mjs vectors` prints the vectors of docs/use/mint-from-any-language.md.

import { createHmac, randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";

const KINDS = { email: 1, sms: 2, web: 3, phone: 4, kiosk: 8, poster: 9, site: 10 };
const KEY = new RegExp(
  "^(?<body>cxk1_(?:svc|off)_(?<service>[a-z0-9-]{1,32})(?:\\.(?<office>[a-z0-9-]{1,32}))?" +
    "_(?<kid>[1-9][0-9]{0,4})_(?<secret>[A-Za-z0-9_-]{43}))_(?<crc>[A-Za-z0-9_-]{6})$",
);
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const HOUR = 3600_000;

class Refused extends Error {}

const hmac = (key, ...parts) =>
  parts.reduce((sum, part) => sum.update(part), createHmac("sha256", key)).digest();

/** HKDF-Expand with SHA-256 to 32 bytes: one step down from a key. */
const expand = (key, ...info) => hmac(key, ...info, Buffer.from([1]));

function crc32(text) {
  let sum = ~0;
  for (const byte of Buffer.from(text)) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(~sum >>> 0);
  return bytes.toString("base64url");
}

function readKeys(text) {
  const texts = (text ?? "").split(/\s+/).filter(Boolean);
  if (texts.length === 0)
    throw new Refused("No key. Set CX_KEY to the line that `cx key issue` printed.");
  return texts.map(readKey);
}

function readKey(text) {
  const found = KEY.exec(text)?.groups;
  if (!found || crc32(found.body) !== found.crc)
    throw new Refused("This key was cut off or changed when it was copied. Copy the whole line.");
  return { ...found, kid: Number(found.kid), secret: Buffer.from(found.secret, "base64url") };
}

const covers = (key, service, office) =>
  key.service === service && (key.office === undefined || key.office === office);

/** The newest key signs. The lowest number makes the nonce: a reminder stays the same answer. */
function choose(keys, service, office) {
  const covering = keys.filter((key) => covers(key, service, office));
  if (covering.length === 0)
    throw new Refused(`No key here may mint for service '${service}' at office '${office}'.`);
  const oldest = covering.reduce((low, key) => (key.kid < low.kid ? key : low));
  return { newest: covering.at(-1), oldest };
}

function officeSecret(key, office) {
  return key.office ? key.secret : expand(key.secret, `cxlink/1|office|${office}`);
}

/** The 43 characters of a token. `time` is in whole seconds. */
function token(secret, kind, kid, time, nonce) {
  const payload = Buffer.alloc(15);
  payload.writeUInt8((1 << 4) | kind, 0);
  payload.writeUInt16BE(kid, 1);
  payload.writeUInt32BE(time, 3);
  nonce.copy(payload, 7);
  const body = payload.toString("base64url");
  const linkKey = expand(secret, "cxlink/1|kind|", Buffer.from([kind]));
  return `${body}.${hmac(linkKey, body).subarray(0, 16).toString("base64url")}`;
}

function moment(text) {
  const at = TIME.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new Refused(`Not a time with its zone: ${text}`);
  return at;
}

function doneAt(text, now) {
  const at = text === undefined ? now : moment(text);
  if (at > now + HOUR / 4) throw new Refused("The end of the visit is in the future.");
  if (now > at + 48 * HOUR) throw new Refused("The visit ended more than 48 hours ago.");
  return at;
}

function expiry(text, days, now) {
  const at = text === undefined ? now + days * 24 * HOUR : moment(text);
  if (at <= now) throw new Refused("The end of the link has passed.");
  if (at > now + days * 24 * HOUR) throw new Refused(`Such a link lives ${days} days at most.`);
  return at;
}

export function mint(baseUrl, keyText, service, office, channel, time, name, now = Date.now()) {
  const kind = Object.hasOwn(KINDS, channel) ? KINDS[channel] : undefined;
  if (!kind) throw new Refused(`No channel '${channel}'. Use ${Object.keys(KINDS).join(", ")}.`);
  for (const slug of [service, office])
    if (!SLUG.test(slug)) throw new Refused(`'${slug}' cannot name a service or an office.`);
  if (!/^https?:\/\/[^/?#]+[^?#]*$/.test(baseUrl ?? ""))
    throw new Refused("Set CX_BASE_URL to the survey server, e.g. https://cx.agency.gov");
  const { newest, oldest } = choose(readKeys(keyText), service, office);
  const place = kind >= 8;
  const at = place ? expiry(time, channel === "kiosk" ? 90 : 400, now) : doneAt(time, now);
  if (name === "") throw new Refused("The name must not be empty.");
  const label = `cxlink/1|${place ? "place" : "ref"}|${name}`;
  const nonce =
    name === undefined ? randomBytes(8) : hmac(officeSecret(oldest, office), label).subarray(0, 8);
  const secret = officeSecret(newest, office);
  const text = token(secret, kind, newest.kid, Math.floor(at / 1000), nonce);
  const room = channel === "kiosk" ? "k" : "s";
  return `${baseUrl.replace(/\/+$/, "")}/${room}/${service}/${office}/${text}`;
}

function vectors() {
  const root = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
  const service = expand(root, "cxlink/1|service|vet-home|1");
  const office = expand(service, "cxlink/1|office|tx042");
  const body = `cxk1_svc_vet-home_1_${service.toString("base64url")}`;
  return [
    service.toString("hex"),
    `${body}_${crc32(body)}`,
    office.toString("hex"),
    expand(office, "cxlink/1|kind|", Buffer.from([1])).toString("hex"),
    hmac(office, "cxlink/1|ref|case-123").subarray(0, 8).toString("hex"),
    token(office, 1, 1, 1793451600, root.subarray(0, 8)),
  ].join("\n");
}

function main(words) {
  if (words[0] === "vectors") return vectors();
  if (words.length < 3 || words.length > 5)
    throw new Refused("Use: mint.mjs SERVICE OFFICE CHANNEL [TIME [NAME]]");
  return mint(process.env.CX_BASE_URL, process.env.CX_KEY, ...words);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    console.log(main(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
