/**
 * Keeps words true that tell a time: they are written anew each second while they stand on the page.
 *
 * Knows elements and who writes them. Refuses to know what they say; forgets those that have left the page.
 */

const TICK_MS = 1_000; // nothing here is told finer than in seconds

const writers = /** @type {Map<Element, () => void>} */ (new Map());
let timer = 0;

/**
 * Writes into an element now, and each second while it stands on the page, where it must be soon.
 * @template {Element} Any
 * @param {Any} element
 * @param {() => string} words
 * @returns {Any}
 */
export function keptTrue(element, words) {
  const write = () => {
    const now = words();
    if (element.textContent !== now) element.textContent = now; // the same words are no change to tell
  };
  write();
  writers.set(element, write);
  timer ||= setInterval(tick, TICK_MS);
  return element;
}

function tick() {
  for (const [element, write] of writers) {
    if (element.isConnected) write();
    else writers.delete(element);
  }
  if (writers.size > 0) return;
  clearInterval(timer);
  timer = 0;
}
