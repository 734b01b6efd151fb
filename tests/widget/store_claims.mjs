// What the kiosk's store promises, as claims that run wherever there is an IndexedDB: in Node on the
// one in `support/disk.mjs`, in Chromium on the real one.
import { ASIDE, Store, WAITING } from "../../widget/kiosk/store.js";

const time = { after: (milliseconds, work) => setTimeout(work, milliseconds), cancel: (timer) => clearTimeout(timer) };

const row = (comment, more) => ({ comment, state: WAITING, why: null, at: 0, offset: null, stretch: "s", ...more });

// What the first release wrote, to the letter: every later one has to read it.
export const FIRST_RELEASE = {
  device: {
    link: "https://cx.example.gov/k/permits/riverside/AAAA", service: "permits", office: "riverside", refused: "",
    pin: "pbkdf2_sha256$600000$c2FsdA$aGFzaA", place: "East door", offset: -12, retried: 1793000000000,
  },
  answer: {
    survey: "permits/1", language: "es", satisfaction: 5, trust: 2, drivers: ["ease"], comment: "Muy lento", questions: { purpose: "renew" },
    key: "0b6a5e3e-5a5e-4c5e-8a5e-0b6a5e3e5a5e", link: "https://cx.example.gov/k/permits/riverside/AAAA",
    service: "permits", office: "riverside", at: 1793000000000, offset: -12, stretch: "b3c1", state: 0, why: null,
  },
};

export const claims = {
  async "answers are read in the order in which they were added"(open) {
    const store = open();
    for (const comment of ["b", "a", "c"]) await store.add(row(comment), 9);
    equal(comments(await store.read(WAITING)), ["b", "a", "c"]);
  },

  async "reading ends where it is told to, and leaves out what it is told to"(open) {
    const store = open();
    for (const comment of ["a", "b", "c", "d"]) await store.add(row(comment), 9);
    const firstTwo = await store.read(WAITING, (answer, before) => before >= 2, ({ comment }) => comment === "b");
    equal(comments(firstTwo), ["a", "c"]);
  },

  async "what was written is there at the next start"(open) {
    await open().add(row("a"), 9);
    await open().remember("device", { office: "riverside" });
    const later = open();
    equal(comments(await later.read(WAITING)), ["a"]);
    equal(await later.recall("device"), { office: "riverside" });
    equal(await later.recall("never"), undefined);
  },

  async "at its limit it takes no more, and those that wait stay"(open) {
    const store = open();
    for (const comment of ["a", "b"]) await store.add(row(comment), 2);
    equal(await store.add(row("c"), 2).catch(({ name }) => name), "full");
    equal(comments(await store.read(WAITING)), ["a", "b"]);
    await store.remove(await store.read(WAITING, (answer, before) => before >= 1));
    await store.add(row("c"), 2);
    equal(comments(await store.read(WAITING)), ["b", "c"]);
  },

  async "what is set aside is counted apart, keeps its place, and can wait again"(open) {
    const store = open();
    for (const comment of ["a", "b", "c"]) await store.add(row(comment), 9);
    const [a, b] = await store.read(WAITING);
    await store.put([{ ...a, state: ASIDE, why: { code: "expired" } }, { ...b, state: ASIDE, why: { code: "invalid" } }]);
    equal(await store.counts(), { waiting: 1, aside: 2 });
    await store.revive(({ why }) => why.code === "expired");
    equal(comments(await store.read(WAITING)), ["a", "c"]);
    equal((await store.read(WAITING))[0].why, null);
    await store.revive();
    equal(comments(await store.read(WAITING)), ["a", "b", "c"]);
  },

  async "only what a change is true of is changed"(open) {
    const store = open();
    for (const comment of ["a", "b"]) await store.add(row(comment), 9);
    await store.changeAll((answer) => {
      answer.offset = 7;
      return answer.comment === "b";
    });
    equal((await store.read(WAITING)).map(({ offset }) => offset), [null, 7]);
  },

  async "removing what is gone already, and nothing at all, does no harm"(open) {
    const store = open();
    await store.add(row("a"), 9);
    const all = await store.read(WAITING);
    await store.remove(all);
    await store.remove(all);
    await store.remove([]);
    await store.put([]);
    equal(await store.counts(), { waiting: 0, aside: 0 });
  },

  async "what the first release wrote is read as it is"(open, indexedDB) {
    await writeFirstRelease(indexedDB);
    const store = open();
    equal(await store.recall("device"), FIRST_RELEASE.device);
    equal(await store.read(WAITING), [{ ...FIRST_RELEASE.answer, n: 1 }]);
    await store.add(row("newer"), 9);
    equal(comments(await store.read(WAITING)), ["Muy lento", "newer"]);
  },
};

// The database as the first release makes it: name, version, stores and index are written out here,
// so that nobody changes them in the store alone.
export async function writeFirstRelease(indexedDB) {
  const database = await new Promise((done, fail) => {
    const request = indexedDB.open("cx-kiosk", 1);
    request.onupgradeneeded = () => {
      const answers = request.result.createObjectStore("answers", { keyPath: "n", autoIncrement: true });
      answers.createIndex("state", "state");
      request.result.createObjectStore("device");
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const act = database.transaction(["answers", "device"], "readwrite");
  act.objectStore("answers").add(FIRST_RELEASE.answer);
  act.objectStore("device").put(FIRST_RELEASE.device, "device");
  await new Promise((done) => { act.oncomplete = done; });
  database.close();
}

// Each claim on an empty disk. Resolves to the number of claims; rejects with the first that fails.
export async function runAll(fresh) {
  for (const [name, claim] of Object.entries(claims)) {
    const indexedDB = await fresh();
    await claim(() => new Store(indexedDB, time), indexedDB)
      .catch((error) => { throw new Error(`${name}: ${error.message}`); });
  }
  return Object.keys(claims).length;
}

const comments = (answers) => answers.map(({ comment }) => comment);

function equal(actual, expected) {
  const [is, shall] = [actual, expected].map((value) => JSON.stringify(sorted(value)));
  if (is !== shall) throw new Error(`${is} is not ${shall}`);
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
