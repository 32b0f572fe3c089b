// Numbers in charts and maps, written as the server writes them: the page says by which signs. The browser's own signs for a
// language differ from the server's, and one page would write one number in two ways.
(() => {
  const root = document.documentElement;
  const signs = { decimal: root.dataset.decimalSign, group: root.dataset.thousandsSign, minusSign: "−" };
  const made = new Map();

  const formatter = (style) => {
    const key = JSON.stringify(style);
    if (!made.has(key)) {
      made.set(key, new Intl.NumberFormat(root.lang, { numberingSystem: "latn", useGrouping: "always", ...style }));
    }
    return made.get(key);
  };

  const written = (value, style) =>
    formatter(style).formatToParts(value).map((part) => signs[part.type] ?? part.value).join("");

  window.portalNumbers = {
    // With at least and at most so many decimals.
    full: (value, least, most) => written(value, { minimumFractionDigits: least, maximumFractionDigits: most }),
    // Millions and more in short.
    short: (value, most = 2) => written(value, { maximumFractionDigits: most, notation: "compact" }),
  };
})();
