// What the queue needs of a browser, handed to it: here, and nowhere else.
import { Clock } from "./clock.js";
import { Device } from "./device.js";
import { Offline } from "./offline.js";
import { Queue } from "./queue.js";
import { Server } from "./server.js";
import { Store } from "./store.js";

const { path = "", ends, release = "" } = document.body.dataset;

export const time = {
  wall: () => Date.now(),
  steady: () => performance.now(),
  after: (milliseconds, work) => setTimeout(work, milliseconds),
  cancel: (timer) => clearTimeout(timer),
};

export const store = new Store(window.indexedDB, time);
export const offline = new Offline(path);

const clock = new Clock(store, time);
const server = new Server((...request) => fetch(...request), time, path);
const device = new Device({
  store,
  clock,
  time,
  server,
  page: { origin: location.origin, root: path, path: location.pathname, ends, release },
  show: (address) => history.replaceState(history.state, "", address + location.search),
  renew: () => offline.renew(),
});

export const queue = new Queue({ store, clock, device, server, time, locks: navigator.locks });

// Rejects where nothing can be kept.
export async function start() {
  await queue.open();
  offline.install(device.isKiosk);
  if (device.isKiosk) addEventListener("online", () => queue.reconnect());
}
