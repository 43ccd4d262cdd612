/**
 * Lists that come in pages, asked for to their end or to a bound.
 *
 * Knows `after` and `more`. Refuses to know what is done with a list.
 */

/** @typedef {import("./types.js").Frame} Frame */

const PEOPLE = 1_000; // people in a list: more is nothing to look through

/**
 * All pages of `who` or `people`, one after the other.
 * @param {import("./link.js").Link} link
 * @param {Frame} command
 * @param {"who"|"people"} field  Where a page's list stands.
 * @returns {Promise<{first: Frame, all: any[]}>}
 */
export async function allPages(link, command, field) {
  const first = await link.ask(command);
  const all = [...(first[field] ?? [])];
  for (let page = first; page.more && all.length < PEOPLE; ) {
    page = await link.ask({ ...command, after: page.more });
    all.push(...page[field]);
  }
  return { first, all: all.slice(0, PEOPLE) };
}
