// What this device keeps on its own disk: the answers until they are sent, and what it knows of
// itself. Whatever resolves here is durably written.
const Store = (() => {
  const WAITING = 0;
  const ASIDE = 1;
  const PATIENCE = 10000;
  let db = null;

  function openDatabase() {
    return new Promise((done, fail) => {
      const request = indexedDB.open("cx-kiosk", 1);
      request.onupgradeneeded = () => {
        const answers = request.result.createObjectStore("answers", { keyPath: "n", autoIncrement: true });
        answers.createIndex("state", "state");
        request.result.createObjectStore("device");
      };
      request.onsuccess = () => {
        const base = request.result;
        base.onclose = () => { db = null; };
        base.onversionchange = () => { base.close(); db = null; };
        done(base);
      };
      request.onerror = () => fail(request.error);
      request.onblocked = () => fail(new Error("blocked"));
    });
  }

  // Runs `work` in one transaction; resolves to what it set as `out.value` when that is on the disk.
  // A browser may have closed the database under us: then it is opened anew.
  async function transact(stores, mode, work) {
    try {
      return await attempt(stores, mode, work);
    } catch (error) {
      if (db && error.name !== "InvalidStateError") throw error;
      db = null;
      return attempt(stores, mode, work);
    }
  }

  async function attempt(stores, mode, work) {
    db ||= await openDatabase();
    return new Promise((done, fail) => {
      const act = db.transaction(stores, mode, { durability: "strict" });
      const out = {};
      // A disk that hangs is a disk that fails: nobody stands before "Sending…" for ever.
      const patience = setTimeout(() => {
        try {
          act.abort();
        } catch {
          // it has just come to its end
        }
        db = null; // a connection that was closed under it may never say so
        fail(new Error("storage"));
      }, PATIENCE);
      act.oncomplete = () => {
        clearTimeout(patience);
        done(out.value);
      };
      act.onabort = () => {
        clearTimeout(patience);
        fail(out.error || act.error || new Error("storage"));
      };
      work(act, out);
    });
  }

  const recall = (name) => transact(["device"], "readonly", (act, out) => {
    act.objectStore("device").get(name).onsuccess = ({ target }) => { out.value = target.result; };
  });

  const remember = (name, value) => transact(["device"], "readwrite", (act) => {
    act.objectStore("device").put(value, name);
  });

  const counts = () => transact(["answers"], "readonly", (act, out) => {
    out.value = { waiting: 0, aside: 0 };
    const index = act.objectStore("answers").index("state");
    index.count(WAITING).onsuccess = ({ target }) => { out.value.waiting = target.result; };
    index.count(ASIDE).onsuccess = ({ target }) => { out.value.aside = target.result; };
  });

  // Every answer in `wanted` state, oldest first, until `until(answer, how many before it)`.
  const read = (wanted, until, skip) => transact(["answers"], "readonly", (act, out) => {
    out.value = [];
    act.objectStore("answers").index("state").openCursor(IDBKeyRange.only(wanted)).onsuccess = ({ target }) => {
      const cursor = target.result;
      if (!cursor) return;
      if (!skip || !skip(cursor.value)) {
        if (until && until(cursor.value, out.value.length)) return;
        out.value.push(cursor.value);
      }
      cursor.continue();
    };
  });

  // Changes every answer for which `change` returns true.
  const changeAll = (change) => transact(["answers"], "readwrite", (act) => {
    act.objectStore("answers").openCursor().onsuccess = ({ target }) => {
      const cursor = target.result;
      if (!cursor) return;
      if (change(cursor.value)) cursor.update(cursor.value);
      cursor.continue();
    };
  });

  // Rejects with an error named "full" where `most` answers wait already.
  const add = (answer, most) => transact(["answers"], "readwrite", (act, out) => {
    const answers = act.objectStore("answers");
    answers.index("state").count(WAITING).onsuccess = ({ target }) => {
      if (target.result < most) return answers.add(answer);
      out.error = Object.assign(new Error("full"), { name: "full" });
      act.abort();
    };
  });

  const put = (answer) => transact(["answers"], "readwrite", (act) => { act.objectStore("answers").put(answer); });

  // Deletes these answers and changes those, all or none.
  const settle = (gone, changed) => transact(["answers"], "readwrite", (act) => {
    const answers = act.objectStore("answers");
    for (const { n } of gone) answers.delete(n);
    for (const answer of changed) answers.put(answer);
  });

  // A name that nothing else has.
  function unique() {
    // randomUUID is there on https only; this is there everywhere.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  return { WAITING, ASIDE, recall, remember, counts, read, changeAll, add, put, settle, unique };
})();
