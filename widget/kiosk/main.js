// The kiosk's page.
import { offline, queue, start, store, time } from "./browser.js";
import { guard } from "./guards.js";
import { Presence } from "./presence.js";
import { Screen } from "./screen.js";
import { StaffCorner } from "./staff.js";

const screen = new Screen({ queue, offline, presence: new Presence(time) });

guard();
new StaffCorner({ queue, offline, store, time }).listen();
screen.listen();
start().catch(() => {}).then(() => screen.begin());

export { offline, queue };
