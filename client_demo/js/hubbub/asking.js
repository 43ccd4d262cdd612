/**
 * Asking for more than one reply: a list in pages, or an answer that the store could not give yet.
 *
 * Knows `after` and `more`, and which refusals pass. Refuses to know what is done with an answer.
 */

import { Refused } from "./refused.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./link.js").Link} Link */

const PEOPLE = 1_000; // people in a list: more is nothing to look through
const AGAIN_MS = 1_000; // before asking once more what the store could not answer

/**
 * All pages of `who` or `people`, one after the other; the first one's fields, and the list.
 * @param {Link} link
 * @param {Frame} command
 * @param {"who"|"people"} field  Where a page's list stands.
 * @returns {Promise<{first: Frame, all: any[]}>}
 */
export async function allPages(link, command, field) {
  const first = await link.ask(command);
  const all = [...(first[field] ?? [])];
  for (let page = first; page.more && all.length < PEOPLE;) {
    page = await link.ask({ ...command, after: page.more });
    all.push(...page[field]);
  }
  return { first, all: all.slice(0, PEOPLE) };
}

/**
 * The reply, however often it takes; nothing if the link is gone, or the refusal is for good and was told.
 * @param {Link|null} link
 * @param {Frame} command
 * @param {(nack: import("./types.js").Nack) => void} onRefused
 * @returns {Promise<Frame|undefined>}
 */
export async function settled(link, command, onRefused) {
  while (link && !link.isOver) {
    try {
      return await link.ask(command);
    } catch (fault) {
      if (fault instanceof Refused && !fault.nack.temporary) return void onRefused(fault.nack);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
