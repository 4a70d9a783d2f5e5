// Formulas in what is shown: LaTeX between $…$, $$…$$, \(…\) and \[…\] is drawn as MathML by the KaTeX that comes with
// Gradio, loaded when the first one is met. Only the display changes: the text itself, and a copy of it, stay as they were.
(() => {
  "use strict";

  const SHOWN = ".ra-answer, .ra-question, .ra-title, .ra-quote, .ra-abstract p, .ra-tip p, .ra-abstained li, .rl-list a, .rl-paper h1, .rl-abstract";
  const NOT_IN = ".ra-draft, .ra-sources[hidden], .ra-math";
  const SIGN = /\$|\\[([]/;
  const STRETCH = /(?<!\\)\$\$([^$]+)\$\$|(?<!\\)\$(?!\s)((?:\\.|[^$\\])+?)(?<!\s)\$(?!\d)|\\\(([^]+?)\\\)|\\\[([^]+?)\\\]/g;
  const LONGEST = 600;

  // A price is no formula: "$5 for A$ and US$ alike". Without a sign that only LaTeX has, words tell.
  const isFormula = (tex, before, after) => {
    if (tex.length > LONGEST) return false;
    if (/[\\^_{}]/.test(tex)) return true;
    return !/[\p{L}]{2,}\s|\s[\p{L}]{2,}/u.test(tex) && !/[\p{L}\d]$/u.test(before) && !/^[\p{L}\d]/u.test(after);
  };
  // A text as strings and formulas ({source, tex, block}), in order; put together they are the text.
  const parts = (text) => {
    const found = [];
    let from = 0;
    STRETCH.lastIndex = 0;
    for (let match = STRETCH.exec(text); match; match = STRETCH.exec(text)) {
      const [source, block, inline, round, square] = match;
      const end = match.index + source.length;
      const sure = block ?? round ?? square;
      if (sure === undefined && !isFormula(inline, text.slice(0, match.index), text.slice(end))) {
        STRETCH.lastIndex = match.index + 1; // its closing sign may open another
        continue;
      }
      found.push(text.slice(from, match.index), { source, tex: sure ?? inline, block: (block ?? square) !== undefined });
      from = end;
    }
    return [...found, text.slice(from)];
  };

  let loaded = null;
  const katex = () => {
    const at = document.querySelector('meta[name="ra-katex"]')?.content;
    loaded ??= at ? import(new URL(at, document.baseURI)).then((module) => module.default) : Promise.resolve(null);
    return loaded;
  };
  const drawn = (library, { source, tex, block }) => {
    const span = document.createElement("span");
    span.className = block ? "ra-math is-block" : "ra-math";
    span.dataset.tex = source;
    try {
      library.render(tex, span, { output: "mathml", displayMode: block, trust: false, strict: "ignore", maxSize: 8, maxExpand: 200 });
    } catch {
      span.textContent = source; // what KaTeX can't read stays as it is written
    }
    return span;
  };
  const draw = (library, node) => {
    const made = parts(node.data);
    if (made.length > 1) node.replaceWith(...made.filter((part) => part !== "").map((part) => (typeof part === "string" ? part : drawn(library, part))));
  };
  const nodes = () => [...document.querySelectorAll(SHOWN)].flatMap((place) => {
    if (!SIGN.test(place.textContent) || place.closest(NOT_IN)) return [];
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (SIGN.test(node.data) && !node.parentElement.closest(NOT_IN) && parts(node.data).length > 1) found.push(node);
    }
    return found;
  });
  let due = 0;
  const look = () => {
    due = 0;
    if (nodes().length) katex().then((library) => library && nodes().forEach((node) => draw(library, node))).catch(() => { loaded = Promise.resolve(null); });
  };
  const wait = () => { due ||= requestAnimationFrame(look); };
  new MutationObserver(wait).observe(document.documentElement, { subtree: true, childList: true });
  wait(); // on a page that is whole by now

  // What is copied is what was written.
  document.addEventListener("copy", (event) => {
    const selection = window.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const copied = document.createElement("div");
    copied.append(selection.getRangeAt(0).cloneContents());
    const formulas = copied.querySelectorAll(".ra-math");
    if (!formulas.length) return;
    formulas.forEach((formula) => formula.replaceWith(formula.dataset.tex));
    copied.className = "ra-sr";
    document.body.append(copied);
    event.clipboardData.setData("text/plain", copied.innerText);
    copied.remove();
    event.preventDefault();
  });
})();
