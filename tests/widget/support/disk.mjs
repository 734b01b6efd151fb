// A disk with IndexedDB on it, in memory: as much of it as the kiosk uses. `store_claims.mjs` runs on
// this one and on Chromium's, so that they cannot drift apart.
//
// It can be full (what needs more room fails as it comes to its end, deleting does not), can hang, and can close what is open.
export class Disk {
  #databases = new Map();
  #open = new Set();
  #turn = Promise.resolve();
  isFull = false;
  isStuck = false;

  open(name, version) {
    const request = {};
    queueMicrotask(() => {
      const known = this.#databases.get(name);
      if (known && known.version > version) return fail(request, "VersionError");
      const data = known || { version, stores: new Map() };
      this.#databases.set(name, data);
      request.result = new Database(this, data);
      this.#open.add(request.result);
      if (!known) request.onupgradeneeded({ target: request });
      return succeed(request, request.result);
    });
    return request;
  }

  // What a browser does to a page whose data it clears, or whose storage process has ended.
  closeAll() {
    for (const database of this.#open) database.close();
  }

  // Transactions take turns: each sees what the one before has written.
  enqueue(work) {
    this.#turn = this.#turn.then(work);
  }
}

class Database {
  #disk;
  #isClosed = false;

  constructor(disk, data) {
    this.#disk = disk;
    this.data = data;
  }

  createObjectStore(name, { keyPath = null } = {}) {
    const store = { keyPath, indexes: new Map(), rows: new Map(), next: 1 };
    this.data.stores.set(name, store);
    return { createIndex: (index, path) => store.indexes.set(index, path) };
  }

  transaction(names, mode) {
    if (this.#isClosed) throw Object.assign(new Error("closed"), { name: "InvalidStateError" });
    const transaction = new Transaction(this.#disk, this.data, names, mode);
    this.#disk.enqueue(() => transaction.run());
    return transaction;
  }

  close() {
    this.#isClosed = true;
  }
}

class Transaction {
  #disk;
  #data;
  #mode;
  #requests = [];
  #drafts;
  #names;
  #isAborted = false;
  needsRoom = false;
  error = null;

  constructor(disk, data, names, mode) {
    this.#disk = disk;
    this.#data = data;
    this.#names = names;
    this.#mode = mode;
  }

  objectStore(name) {
    if (!this.#names.includes(name)) throw new Error(`not in this transaction: ${name}`);
    return new ObjectStore(this, name);
  }

  // `work(draft of the store)` gives the request's result when its turn comes.
  request(name, work) {
    const request = {};
    this.#requests.push({ name, work, request });
    return request;
  }

  abort() {
    this.#isAborted = true;
  }

  async run() {
    this.#drafts = new Map(this.#names.map((name) => [name, copyOf(this.#data.stores.get(name))]));
    while (this.#requests.length && !this.#isAborted) {
      await undefined;
      this.#step(this.#requests.shift());
    }
    await this.#end();
  }

  async #end() {
    if (this.#disk.isStuck) return;
    if (this.needsRoom && this.#disk.isFull && !this.#isAborted) {
      this.error = Object.assign(new Error("the disk is full"), { name: "QuotaExceededError" });
      this.#isAborted = true;
    }
    if (this.#isAborted) return this.onabort?.({ target: this });
    if (this.#mode === "readwrite") for (const [name, draft] of this.#drafts) this.#data.stores.set(name, draft);
    return this.oncomplete?.({ target: this });
  }

  #step({ name, work, request }) {
    const before = this.#drafts.get(name);
    const store = this.#mode === "readwrite" ? before : readOnly(before);
    succeed(request, work(store));
  }
}

class ObjectStore {
  #transaction;
  #name;

  constructor(transaction, name) {
    this.#transaction = transaction;
    this.#name = name;
  }

  add(value) {
    return this.put(value);
  }

  put(value, key) {
    const copy = structuredClone(value);
    this.#transaction.needsRoom = true;
    return this.#transaction.request(this.#name, (store) => {
      const id = key ?? copy[store.keyPath] ?? store.next++;
      if (store.keyPath) copy[store.keyPath] = id;
      store.rows.set(id, copy);
      return id;
    });
  }

  get(key) {
    return this.#transaction.request(this.#name, (store) => structuredClone(store.rows.get(key)));
  }

  delete(key) {
    return this.#transaction.request(this.#name, (store) => { store.rows.delete(key); });
  }

  openCursor() {
    return this.#cursor(() => true);
  }

  index(name) {
    const isIn = (wanted) => (store) => (row) => row[store.indexes.get(name)] === wanted;
    return {
      count: (wanted) => this.#transaction.request(this.#name, (store) => [...store.rows.values()].filter(isIn(wanted)(store)).length),
      openCursor: (wanted) => this.#cursor((row, store) => isIn(wanted)(store)(row)),
    };
  }

  // Rows in the order of their keys, one request for each.
  #cursor(fits) {
    let last = -Infinity;
    const next = (store) => {
      const keys = [...store.rows.keys()].filter((key) => key > last && fits(store.rows.get(key), store));
      if (!keys.length) return null;
      last = Math.min(...keys);
      return { value: structuredClone(store.rows.get(last)), continue: again, update: (value) => this.put(value) };
    };
    const request = this.#transaction.request(this.#name, next);
    const again = () => {
      const another = this.#transaction.request(this.#name, next);
      another.onsuccess = request.onsuccess;
    };
    return request;
  }
}

const copyOf = (store) => ({ ...store, rows: new Map(structuredClone([...store.rows])) });

function readOnly(store) {
  const refuse = () => { throw Object.assign(new Error("read only"), { name: "ReadOnlyError" }); };
  return { ...store, rows: Object.assign(new Map(store.rows), { set: refuse, delete: refuse }) };
}

function succeed(request, result) {
  request.result = result;
  request.onsuccess?.({ target: request });
}

function fail(request, name) {
  request.error = Object.assign(new Error(name), { name });
  request.onerror?.({ target: request });
}
