/**
 * Starts the page: who comes by a link connects at once, while the words and the screens are on their way.
 *
 * Knows what has to come first. Refuses to know the screens.
 */

import { hubName } from "./address.js";
import { arrive } from "./arrival.js";
import { takeToken } from "./keepsakes.js";
import { speak } from "./language.js";

const token = takeToken(); // before anything else can see it
const hub = hubName();
const visit = token ? arrive(hub, { token }) : null;
const words = speak(); // nothing is drawn before them

addEventListener("hashchange", () => {
  const isOtherPerson = location.hash.includes("token=");
  if (isOtherPerson || hubName() !== hub) location.reload();
});

const { showEntrance, showHub } = await import("./screens.js");
await words;
if (visit) showHub(hub, visit);
else showEntrance(hub, () => "");
