/**
 * The parts of the page that one can go to in turn: rooms, messages, where one writes, people.
 *
 * Knows which comes next. Refuses to know what they do with the focus.
 */

/** @typedef {{element: HTMLElement, focus: () => void}} Region */

/**
 * Into the next part that can be seen.
 * @param {Region[]} regions @param {1|-1} step
 * @param {boolean} isRound  Whether the first comes after the last; else the browser's own turn is next.
 * @returns {boolean} whether there was one
 */
export function cycle(regions, step, isRound) {
  const seen = regions.filter(({ element }) => element.checkVisibility({ visibilityProperty: true }));
  const here = seen.findIndex(({ element }) => element.contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : seen.length - 1) : here + step;
  if (!isRound && (next < 0 || next >= seen.length)) return false;
  seen.at(next % seen.length)?.focus();
  return true;
}

/** The first thing in there that takes the focus. @param {HTMLElement} element */
export function focusFirst(element) {
  const wanted = "a[href], button:not(:disabled), input:not(:disabled), textarea, select, [tabindex='0']";
  const found = [.../** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll(wanted))];
  found.find((one) => one.checkVisibility({ visibilityProperty: true }))?.focus();
}
