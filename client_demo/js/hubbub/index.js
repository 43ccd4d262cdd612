/** What the library offers; everything else is its own business. */

export { Client } from "./client.js";
export { newId } from "./ids.js";
export { Refused, Unanswered } from "./refused.js";
