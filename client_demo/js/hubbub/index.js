/** What the library offers; everything else is its own business. */

export { Client } from "./client.js";
export { Refused, Unanswered } from "./refused.js";
