// Lets a kiosk start without a network: it gives the page and files that were put by, and looks
// for newer ones behind the screen. Answers are none of its business: it never sees them.
//
// A page is put by with all that it loads, or not at all; what it loads stays until the page after
// the next one. So a page that is just starting finds its own modules, whatever is put by meanwhile.
const OURS = "cx-kiosk-";
const CACHE = `${OURS}1`;
const ROOT = new URL("..", location.href).pathname.replace(/\/$/, "");
const PAIRING = `${ROOT}/k`;
const PATIENCE = 4000;
const FETCH = { cache: "no-store", credentials: "omit", redirect: "error" };
const EXACT = { ignoreVary: true };
let turn = Promise.resolve();

// A kiosk's page is put by without its token: one page for the office, whatever link opens it.
function nameOf(path) {
  const [service, office, token] = path.startsWith(`${PAIRING}/`) ? path.slice(PAIRING.length + 1).split("/") : [];
  return token ? `${PAIRING}/${service}/${office}` : "";
}

const stored = async (name) => (await caches.open(CACHE)).match(name, EXACT);

async function putBy(address, name) {
  const response = await fetch(address, FETCH);
  const text = await response.clone().text();
  // A refusal, or the page of a network that wants people to sign in, replaces nothing.
  if (!response.ok || !isKiosk(text)) return response;
  // One at a time: what one has just put by, another must not clear away.
  turn = turn.catch(() => {}).then(() => put(response, text, name));
  return turn;
}

// The page and all it needs, or nothing of it.
async function put(response, text, name) {
  const cache = await caches.open(CACHE);
  for (const file of files(text))
    if (!await isSound(file, await cache.match(file, EXACT))) await bring(cache, file);
  await replace(cache, name, response.clone(), text);
  await clear(cache);
  return response;
}

async function replace(cache, name, response, text) {
  const before = await cache.match(name, EXACT);
  if (before && await before.clone().text() !== text) await cache.put(`${name}?before`, before);
  await cache.put(name, response);
}

const isKiosk = (text) => /<script type="module" src="[^"]*\/static\/[0-9a-f]{16}\/kiosk\//.test(text);

function files(text) {
  const addresses = text.matchAll(/(?:src|href)="([^"]*\/(?:static\/[^"]+|manifest\.webmanifest))"/g);
  return [...new Set([...addresses].map(([, address]) => address))];
}

async function bring(cache, file) {
  const response = await fetch(file, FETCH);
  if (!await isSound(file, response)) throw new Error(`${file} did not arrive as it is`);
  await cache.put(file, response);
}

// Something between us may answer in the server's place. A file's address holds its own hash.
async function isSound(file, response) {
  if (!response || !response.ok) return false;
  const version = /\/static\/([0-9a-f]{16})\//.exec(file);
  if (!version) return /manifest/.test(response.headers.get("content-type"));
  const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  return version[1] === [...new Uint8Array(digest, 0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Files that no page asks for any more.
async function clear(cache) {
  const needed = new Set();
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname !== PAIRING && !pathname.startsWith(`${PAIRING}/`)) continue;
    const response = await cache.match(request, EXACT);
    for (const file of files(await response.text())) needed.add(new URL(file, location.href).pathname);
    needed.add(pathname);
  }
  for (const request of await cache.keys())
    if (!needed.has(new URL(request.url).pathname)) await cache.delete(request);
}

async function give(event, name) {
  const page = await stored(name);
  if (!page) return putBy(event.request.url, name);
  event.waitUntil(putBy(event.request.url, name).catch(() => {}));
  return page;
}

async function givePairing(request) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    return await fetch(request, { signal: patience.signal });
  } catch {
    return await stored(PAIRING) || Response.error();
  } finally {
    clearTimeout(timer);
  }
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(putBy(PAIRING, PAIRING));
});

// Caches of earlier workers. Others belong to whoever else lives at this address.
addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith(OURS) && name !== CACHE;
  const cleared = caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))));
  event.waitUntil(cleared.then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && nameOf(pathname)) event.respondWith(give(event, nameOf(pathname)));
  else if (request.mode === "navigate" && pathname === PAIRING) event.respondWith(givePairing(request));
  else if (pathname.startsWith(`${ROOT}/static/`) || pathname.endsWith("/manifest.webmanifest"))
    event.respondWith(stored(pathname).then((response) => response || fetch(request)));
});

// The page asks to be put by ("keep"), or for a newer one of itself ("renew").
addEventListener("message", (event) => {
  const { data, source } = event;
  const name = source && nameOf(new URL(source.url).pathname);
  if (!name) return;
  const done = putBy(source.url, name).then(({ ok }) => {
    if (ok && data === "renew") source.postMessage("renewed");
  });
  event.waitUntil(done.catch(() => {}));
});
