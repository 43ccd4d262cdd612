/**
 * Runs before anything is drawn: the theme, the language, and the words of it on their way.
 *
 * Knows what the reader chose before, and what the browser asks for. Refuses to know anything else: whatever
 * can wait for the modules is theirs. A classic script, because modules run only once the page is there.
 */

(() => {
  const root = document.documentElement;
  const kept = (/** @type {string} */ key) => {
    try {
      return localStorage.getItem(`hubbub.${key}`) ?? "";
    } catch {
      return ""; // storage is closed to us
    }
  };
  root.dataset.theme = kept("theme");
  root.dataset.calm = kept("calm");
  const languages = (root.dataset.languages ?? "en").split(" ");
  const wishes = [kept("language"), ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())];
  root.lang = wishes.find((wish) => languages.includes(wish)) ?? languages[0];
  if (!root.dataset.languages) return; // a page without words of its own
  const words = document.createElement("link");
  words.rel = "preload";
  words.as = "fetch";
  words.crossOrigin = "anonymous";
  words.fetchPriority = "high"; // before the modules, which wait for it
  words.href = `i18n/${root.lang}.json`;
  document.head.append(words);
})();
