// What the page does in the browser: hints on citations, the source panel, copying, light and dark.
// It works on the markup of rag_assistant/web/render.py by delegation, so that Gradio may redraw whatever it likes.
(() => {
  "use strict";

  const root = document.documentElement;
  const wide = window.matchMedia("(min-width: 1100px)");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const byId = (id) => document.getElementById(id);
  const turns = () => [...document.querySelectorAll(".ra-turn")];

  // --- light and dark -------------------------------------------------------------------------------------------

  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try { return localStorage.getItem("ra-theme"); } catch { return null; }
  };
  const isDark = () => (stored() ? stored() === "dark" : systemDark.matches);
  const paint = () => {
    root.classList.toggle("ra-dark", isDark());
    if (document.body && document.body.classList.contains("dark") !== isDark()) {
      document.body.classList.toggle("dark", isDark());
    }
  };
  const switchTheme = () => {
    try { localStorage.setItem("ra-theme", isDark() ? "light" : "dark"); } catch { /* private windows forget it */ }
    paint();
  };

  // --- the source panel -----------------------------------------------------------------------------------------

  let shownTurn = null; // the turn whose sources the panel shows
  let shownKey = "";
  let cameFrom = null; // what had the focus before the panel opened

  const fillPanel = (turn) => {
    const body = byId("ra-panel-body");
    const sources = turn && turn.querySelector(".ra-sources");
    if (!body || !sources) return;
    shownTurn = turn.dataset.turn;
    body.replaceChildren(...[...sources.cloneNode(true).childNodes]);
    body.scrollTop = 0;
    byId("ra-panel-for").textContent = turn.querySelector(".ra-question").textContent;
  };
  const emptyPanel = () => {
    shownTurn = null;
    byId("ra-panel-body")?.replaceChildren();
    const about = byId("ra-panel-for");
    if (about) about.textContent = "";
    root.classList.remove("ra-panel-open");
  };
  const openPanel = () => {
    if (!byId("ra-panel").contains(document.activeElement)) cameFrom = document.activeElement;
    root.classList.add("ra-panel-open");
    root.classList.remove("ra-panel-shut");
  };
  const closePanel = () => {
    root.classList.remove("ra-panel-open");
    root.classList.add("ra-panel-shut");
    if (cameFrom && cameFrom.isConnected) cameFrom.focus();
    cameFrom = null;
  };
  const showTurn = (number) => {
    const turn = turns().find((one) => one.dataset.turn === number) ?? turns().at(-1);
    if (turn && turn.dataset.turn !== shownTurn) fillPanel(turn);
    return turn;
  };
  const goTo = (link) => {
    const turn = link.closest(".ra-turn");
    if (!turn) return;
    openPanel();
    showTurn(turn.dataset.turn);
    const body = byId("ra-panel-body");
    const card = body.querySelector(`[data-card="${CSS.escape(link.dataset.goto)}"]`);
    if (!card) return;
    body.querySelectorAll(".is-active").forEach((one) => one.classList.remove("is-active"));
    card.classList.add("is-active");
    const abstract = card.querySelector("details");
    if (abstract) abstract.open = true;
    const wanted = new Set((link.dataset.quotes ?? "").split(" ").filter(Boolean));
    const marks = [...card.querySelectorAll("mark")].filter((mark) =>
      mark.dataset.quotes.split(" ").some((key) => wanted.has(key)),
    );
    marks.forEach((mark) => mark.classList.add("is-active"));
    card.focus({ preventScroll: true });
    // The card's top, unless the marked words would then lie below the panel's edge.
    const first = marks[0];
    const room = body.clientHeight - 80;
    const below = first ? first.getBoundingClientRect().bottom - card.getBoundingClientRect().top : 0;
    const target = first && below > room ? first : card;
    const offset = target.getBoundingClientRect().top - body.getBoundingClientRect().top;
    const margin = target === card ? 12 : body.clientHeight / 2;
    body.scrollTo({ top: body.scrollTop + offset - margin, behavior: calm.matches ? "auto" : "smooth" });
  };

  // --- hints ----------------------------------------------------------------------------------------------------

  let hinted = null;
  let leaving = 0;
  const hideHint = () => {
    clearTimeout(leaving);
    const tip = byId("ra-tip");
    if (tip) tip.hidden = true;
    if (hinted) hinted.removeAttribute("aria-describedby");
    hinted = null;
  };
  const showHint = (at) => {
    const tip = byId("ra-tip");
    if (!tip || !at.dataset.tip) return;
    clearTimeout(leaving);
    if (hinted === at) return;
    hideHint();
    hinted = at;
    tip.querySelector(".ra-tip-head").textContent = at.dataset.tipHead ?? "";
    tip.querySelector(".ra-tip-words").textContent = at.dataset.tip;
    tip.classList.toggle("is-doubt", at.matches(".ra-doubt, .ra-sentence"));
    tip.hidden = false;
    at.setAttribute("aria-describedby", "ra-tip");
    placeHint();
  };
  const placeHint = () => {
    const tip = byId("ra-tip");
    const spot = hinted.getClientRects()[0];
    if (!spot || spot.bottom < 0 || spot.top > window.innerHeight) {
      hideHint();
      return;
    }
    const size = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, spot.left + spot.width / 2 - size.width / 2), window.innerWidth - size.width - 8);
    const above = spot.top - size.height - 8;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${above > 56 ? above : spot.bottom + 8}px`;
  };
  const hintOf = (target) => (target instanceof Element ? target.closest("[data-tip]") : null);

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const at = hintOf(event.target);
    if (at) showHint(at);
    else if (event.target instanceof Element && event.target.closest("#ra-tip")) clearTimeout(leaving);
    else if (hinted) {
      clearTimeout(leaving);
      leaving = setTimeout(hideHint, 160);
    }
  });
  document.addEventListener("focusin", (event) => {
    const at = hintOf(event.target);
    if (at && at.matches(":focus-visible")) showHint(at);
    else if (!at) hideHint();
  });
  document.addEventListener("scroll", () => hinted && placeHint(), { capture: true, passive: true });

  // --- buttons and links ----------------------------------------------------------------------------------------

  const say = (words) => {
    const said = byId("ra-said");
    if (said) said.textContent = words;
  };
  const copy = async (button) => {
    const words = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(words);
    } catch {
      const area = document.createElement("textarea");
      area.value = words;
      area.className = "ra-sr";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const label = button.dataset.label ?? button.textContent;
    button.dataset.label = label;
    button.textContent = "Copied";
    say("Copied");
    setTimeout(() => { button.textContent = label; }, 1400);
  };
  const press = (id) => {
    const at = byId(id);
    (at instanceof HTMLButtonElement ? at : at?.querySelector("button"))?.click();
  };
  const box = () => document.querySelector("#ra-question textarea");
  const type = (area, words) => {
    const kind = area instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(area, words);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const ask = (words) => {
    const area = box();
    if (!area) return;
    type(area, words);
    area.focus();
    setTimeout(() => press("ra-send"), 0);
  };

  // What a reader thinks of an answer: a word to it is asked for, then both are sent.
  const opine = (button) => {
    const dialog = byId("ra-dialog");
    const note = byId("ra-dialog-note");
    const field = document.querySelector("#ra-opinion :is(textarea, input)");
    if (!dialog || !field) return;
    const { opine: opinion } = button.dataset;
    const turn = Number(button.closest(".ra-turn").dataset.turn);
    byId("ra-dialog-head").textContent = opinion === "good" ? "What was good?" : "What was wrong?";
    note.value = "";
    dialog.returnValue = "";
    dialog.onclose = () => {
      if (dialog.returnValue !== "keep") return;
      type(field, JSON.stringify({ turn, opinion, note: note.value }));
      setTimeout(() => press("ra-opine"), 0);
    };
    dialog.showModal();
    note.focus();
  };

  document.addEventListener("click", (event) => {
    const at = event.target instanceof Element && event.target.closest("a, button, .ra-shade");
    if (!at) return;
    if (at.dataset.goto) {
      event.preventDefault();
      hideHint();
      goTo(at);
    } else if (at.dataset.open !== undefined) {
      showTurn(at.dataset.open || shownTurn);
      openPanel();
      if (!wide.matches) byId("ra-panel")?.focus();
    } else if (at.dataset.copy) copy(at);
    else if (at.dataset.opine) opine(at);
    else if (at.dataset.press) {
      press(at.dataset.press);
      box()?.focus();
    } else if (at.dataset.ask) ask(at.dataset.ask);
    else if (at.id === "ra-theme") switchTheme();
    else if (at.id === "ra-panel-close" || at.id === "ra-shade") closePanel();
    else if (at.classList.contains("ra-skip")) {
      event.preventDefault();
      box()?.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (hinted) hideHint();
      else if (root.classList.contains("ra-panel-open")) closePanel();
    } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
      event.preventDefault();
      box()?.focus();
    }
  });
  // Enter that ends the composition of a character is no question yet.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.isComposing) event.stopPropagation();
  }, true);
  // --- following the conversation -------------------------------------------------------------------------------

  const follow = () => {
    const turn = document.querySelector("#ra-live .ra-turn");
    root.classList.toggle("ra-talking", turn !== null);
    if (!turn) {
      if (shownTurn) emptyPanel();
      shownKey = "";
      return;
    }
    const fresh = !shownKey.startsWith(`${turn.dataset.turn}:`);
    const cards = turn.querySelectorAll(".ra-sources .ra-card").length;
    const key = `${turn.dataset.turn}:${turn.dataset.state}:${cards}`;
    if (key === shownKey) return;
    shownKey = key;
    root.dataset.running = turn.dataset.state === "searching" || turn.dataset.state === "writing" ? "yes" : "no";
    if (fresh) {
      hideHint();
      if (wide.matches && !root.classList.contains("ra-panel-shut")) root.classList.add("ra-panel-open");
      turn.scrollIntoView({ block: "start", behavior: calm.matches ? "auto" : "smooth" });
    }
    if (fresh || shownTurn === turn.dataset.turn) fillPanel(turn);
  };
  const begin = () => {
    paint();
    systemDark.addEventListener("change", paint);
    new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    const waiting = new MutationObserver(() => {
      const live = byId("ra-live");
      if (!live || !box()) return;
      waiting.disconnect();
      root.classList.add("ra-ready");
      const composer = byId("ra-composer");
      new ResizeObserver(() => root.style.setProperty("--ra-composer", `${composer.offsetHeight}px`)).observe(composer);
      new MutationObserver(follow).observe(live, { subtree: true, childList: true, attributes: true });
      follow();
    });
    waiting.observe(document.body, { subtree: true, childList: true });
  };

  paint();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
