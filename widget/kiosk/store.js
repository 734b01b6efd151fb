// What this device keeps on its own disk: the answers until they are sent, and what it knows of
// itself. Whatever resolves here is durably written.
//
// Every release reads and sends what every earlier one has written: the name of the database, its
// version and the form of an answer stay as they are.
export const WAITING = 0;
export const ASIDE = 1;

const NAME = "cx-kiosk";
const VERSION = 1;
const PATIENCE = 10000;

export class Store {
  #indexedDB;
  #time;
  #database = null;

  constructor(indexedDB, time) {
    this.#indexedDB = indexedDB;
    this.#time = time;
  }

  recall(name) {
    return this.#transact(["device"], "readonly", (act, out) => {
      act.objectStore("device").get(name).onsuccess = ({ target }) => { out.value = target.result; };
    });
  }

  remember(name, value) {
    return this.#transact(["device"], "readwrite", (act) => {
      act.objectStore("device").put(value, name);
    });
  }

  counts() {
    return this.#transact(["answers"], "readonly", (act, out) => {
      out.value = { waiting: 0, aside: 0 };
      const index = act.objectStore("answers").index("state");
      index.count(WAITING).onsuccess = ({ target }) => { out.value.waiting = target.result; };
      index.count(ASIDE).onsuccess = ({ target }) => { out.value.aside = target.result; };
    });
  }

  // Every answer in this state, oldest first, until `until(answer, how many before it)`.
  read(state, until = () => false, skip = () => false) {
    return this.#transact(["answers"], "readonly", (act, out) => {
      out.value = [];
      act.objectStore("answers").index("state").openCursor(state).onsuccess = ({ target }) => {
        const cursor = target.result;
        if (!cursor) return;
        if (!skip(cursor.value)) {
          if (until(cursor.value, out.value.length)) return;
          out.value.push(cursor.value);
        }
        cursor.continue();
      };
    });
  }

  // Rejects with an error named "full" where `most` answers wait already.
  add(answer, most) {
    return this.#transact(["answers"], "readwrite", (act, out) => {
      const answers = act.objectStore("answers");
      answers.index("state").count(WAITING).onsuccess = ({ target }) => {
        if (target.result < most) return answers.add(answer);
        out.error = Object.assign(new Error("full"), { name: "full" });
        act.abort();
      };
    });
  }

  // All of them or none.
  put(answers) {
    return this.#each(answers, (store, answer) => store.put(answer));
  }

  remove(answers) {
    return this.#each(answers, (store, { n }) => store.delete(n));
  }

  // What was set aside, and fits, waits again.
  revive(fits = () => true) {
    return this.changeAll((answer) => {
      if (answer.state === WAITING || !fits(answer)) return false;
      answer.state = WAITING;
      answer.why = null;
      return true;
    });
  }

  // Changes every answer for which `change` returns true.
  changeAll(change) {
    return this.#transact(["answers"], "readwrite", (act) => {
      act.objectStore("answers").openCursor().onsuccess = ({ target }) => {
        const cursor = target.result;
        if (!cursor) return;
        if (change(cursor.value)) cursor.update(cursor.value);
        cursor.continue();
      };
    });
  }

  async #each(answers, work) {
    if (!answers.length) return;
    await this.#transact(["answers"], "readwrite", (act) => {
      for (const answer of answers) work(act.objectStore("answers"), answer);
    });
  }

  // Runs `work` in one transaction; resolves to what it set as `out.value` when that is on the disk.
  // A browser may have closed the database under us: then it is opened anew.
  async #transact(stores, mode, work) {
    try {
      return await this.#attempt(stores, mode, work);
    } catch (error) {
      if (this.#database && error.name !== "InvalidStateError") throw error;
      this.#database = null;
      return this.#attempt(stores, mode, work);
    }
  }

  async #attempt(stores, mode, work) {
    this.#database ||= await this.#open();
    return new Promise((done, fail) => {
      const act = this.#database.transaction(stores, mode, { durability: "strict" });
      const out = {};
      const patience = this.#time.after(PATIENCE, () => {
        this.#giveUp(act);
        fail(new Error("storage"));
      });
      act.oncomplete = () => {
        this.#time.cancel(patience);
        done(out.value);
      };
      act.onabort = () => {
        this.#time.cancel(patience);
        fail(out.error || act.error || new Error("storage"));
      };
      work(act, out);
    });
  }

  // A disk that hangs is a disk that fails: nobody stands before "Sending…" for ever.
  #giveUp(act) {
    try {
      act.abort();
    } catch {
      // it has just come to its end
    }
    this.#database = null; // a connection that was closed under it may never say so
  }

  #open() {
    return new Promise((done, fail) => {
      const request = this.#indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = () => create(request.result);
      request.onsuccess = () => done(this.#watched(request.result));
      request.onerror = () => fail(request.error);
      request.onblocked = () => fail(new Error("blocked"));
    });
  }

  #watched(database) {
    database.onclose = () => { this.#database = null; };
    database.onversionchange = () => {
      database.close();
      this.#database = null;
    };
    return database;
  }
}

function create(database) {
  const answers = database.createObjectStore("answers", { keyPath: "n", autoIncrement: true });
  answers.createIndex("state", "state");
  database.createObjectStore("device");
}
