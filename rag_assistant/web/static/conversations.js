// Conversations, kept in this browser (IndexedDB) and nowhere else: listed, opened, renamed, deleted, exported.
// A turn brings what is to be kept of it in data-kept (rag_assistant/web/kept.py); the server is given it back to go on.
(() => {
  "use strict";

  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const press = (id) => byId(id)?.click();
  const size = (value) => new Blob([JSON.stringify(value)]).size;

  // --- which conversation this tab is in ------------------------------------------------------------------------

  const here = () => {
    try { return sessionStorage.getItem("ra-conversation"); } catch { return null; }
  };
  const stay = (key) => {
    try {
      if (key) sessionStorage.setItem("ra-conversation", key);
      else sessionStorage.removeItem("ra-conversation");
    } catch { /* a reload then begins anew */ }
  };
  // Until an earlier conversation is back the empty page would only flash by.
  if (here()) root.classList.add("ra-returning");

  // --- the store ------------------------------------------------------------------------------------------------

  const answered = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let opened = null;
  const store = async (name, mode) => {
    opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open("ra-conversations", 1);
      // Heads are what the list shows; the turns, much larger, are read only where they are wanted.
      request.onupgradeneeded = () => ["heads", "turns"].forEach((one) => request.result.createObjectStore(one, { keyPath: "key" }));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return (await opened).transaction(name, mode).objectStore(name);
  };
  const get = async (name, key) => answered((await store(name, "readonly")).get(key));
  const put = async (name, value) => answered((await store(name, "readwrite")).put(value));
  const remove = async (key) => {
    for (const name of ["heads", "turns"]) await answered((await store(name, "readwrite")).delete(key));
  };
  const heads = async () => {
    const all = await answered((await store("heads", "readonly")).getAll());
    return all.sort((one, other) => other.changed - one.changed);
  };

  // --- keeping --------------------------------------------------------------------------------------------------

  const deleted = new Map(); // what can still be brought back; a turn that comes late must not bring it back by itself
  const note = (words) => {
    const at = byId("ra-drawer-note");
    if (at) at.textContent = words;
  };
  const megabytes = (bytes) => `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
  const makeRoom = async (kept) => {
    const most = Number(byId("ra-drawer").dataset.most);
    const all = await heads();
    let whole = all.reduce((sum, head) => sum + head.size, 0);
    let dropped = 0;
    while (whole > most && all.at(-1).key !== kept) {
      const oldest = all.pop();
      whole -= oldest.size;
      dropped += 1;
      await remove(oldest.key);
    }
    if (dropped) note(`${dropped === 1 ? "The oldest conversation was" : `The ${dropped} oldest conversations were`} dropped: this browser keeps ${megabytes(most)} of them.`);
  };
  const keep = async (turn) => {
    const key = turn.conversation;
    if (deleted.has(key)) return;
    const head = (await get("heads", key)) ?? { key, began: Date.now(), title: turn.question, named: false };
    let { turns } = (await get("turns", key)) ?? { turns: [] };
    if (JSON.stringify(turns.at(-1)) === JSON.stringify(turn)) return; // it was opened, not changed
    turns = [...turns.filter((one) => one.number < turn.number), turn];
    const most = Number(byId("ra-drawer").dataset.mostOne);
    let whole = turns.reduce((sum, one) => sum + size(one), 0);
    let dropped = 0;
    while (whole > most && turns.length > 1) {
      whole -= size(turns.shift());
      dropped += 1;
    }
    if (dropped) note(`The oldest ${dropped === 1 ? "question" : `${dropped} questions`} of this conversation ${dropped === 1 ? "is" : "are"} kept no longer: at most ${megabytes(most)} of one are.`);
    if (!head.named && turn.number === 1) head.title = turn.question;
    await put("turns", { key, turns });
    await put("heads", { ...head, changed: Date.now(), size: whole, count: turns.length });
    await makeRoom(key);
  };

  // --- the list -------------------------------------------------------------------------------------------------

  const when = (time) => {
    const then = new Date(time);
    const today = then.toDateString() === new Date().toDateString();
    return today ? then.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false })
      : then.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
  };
  const made = (tag, properties, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  };
  const row = (head) => {
    const title = made("bdi", { className: "ra-thread-title", textContent: head.title });
    const about = made("span", { className: "ra-thread-about", textContent: `${head.count} question${head.count === 1 ? "" : "s"} · ${when(head.changed)}` });
    const open = made("button", { type: "button", className: "ra-thread-open" }, title, about);
    open.dataset.does = "open";
    if (head.key === here()) open.setAttribute("aria-current", "true");
    const choices = [["rename", "Rename"], ["markdown", "Export as Markdown"], ["json", "Export as JSON"], ["delete", "Delete"]];
    const menu = made("div", { className: "ra-menu" }, ...choices.map(([does, label]) => {
      const button = made("button", { type: "button", textContent: label });
      button.dataset.does = does;
      return button;
    }));
    const summary = made("summary", { title: "More", ariaLabel: `More: ${head.title}` }, made("span", { textContent: "⋯", ariaHidden: "true" }));
    const item = made("li", { className: "ra-thread" }, open, made("details", { className: "ra-more", name: "ra-more" }, summary, menu));
    item.dataset.key = head.key;
    return item;
  };
  const list = async () => {
    const all = await heads();
    byId("ra-threads").replaceChildren(...all.map(row));
    byId("ra-drawer-none").hidden = all.length > 0;
  };

  // --- what can be done with one --------------------------------------------------------------------------------

  const download = (name, type, words) => {
    const address = URL.createObjectURL(new Blob([words], { type }));
    made("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  const fileName = (title) => title.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60).replace(/^-|-$/g, "") || "conversation";
  const markdown = async ({ key, title }) => {
    const { turns } = await get("turns", key);
    const said = turns.flatMap((turn) => (turn.markdown ? [turn.markdown.trim()] : []));
    download(`${fileName(title)}.md`, "text/markdown", `# ${title.replace(/\s+/g, " ")}\n\n${said.join("\n\n---\n\n")}\n`);
  };
  const json = async ({ key, title, began }) => {
    const { turns } = await get("turns", key);
    const answers = turns.flatMap((turn) => (turn.answer ? [turn.answer] : []));
    download(`${fileName(title)}.json`, "application/json", `${JSON.stringify({ title, began: new Date(began).toISOString(), answers }, null, 1)}\n`);
  };
  const rename = (head, item) => {
    const field = made("input", { value: head.title, maxLength: 200, className: "ra-rename", ariaLabel: "Name" });
    let over = false;
    const end = async (kept) => {
      if (over) return;
      over = true;
      const title = field.value.trim();
      if (kept && title) await put("heads", { ...(await get("heads", head.key)), title, named: true });
      await list();
      rowOf(head.key)?.querySelector(".ra-thread-open").focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault(); // Escape would close the drawer
      end(event.key === "Enter");
    });
    field.addEventListener("blur", () => end(true));
    item.replaceChildren(field);
    field.select();
  };
  const drop = async (head) => {
    deleted.set(head.key, [head, await get("turns", head.key)]);
    await remove(head.key);
    if (head.key === here()) press("ra-clear");
    await list();
    const undo = byId("ra-undo");
    undo.querySelector("span").textContent = `Deleted “${head.title}”.`;
    undo.hidden = false;
    const back = undo.querySelector("button");
    back.onclick = async () => {
      const [before, turns] = deleted.get(head.key);
      await put("turns", turns);
      await put("heads", before);
      deleted.delete(head.key);
      undo.hidden = true;
      await list();
      rowOf(head.key).querySelector(".ra-thread-open").focus();
    };
    back.focus();
  };
  const openOne = (head) => {
    stay(head.key);
    byId("ra-drawer").close();
    press("ra-resume");
  };
  const rowOf = (key) => byId("ra-threads").querySelector(`[data-key="${CSS.escape(key)}"]`);
  const does = { open: openOne, rename, markdown, json, delete: drop };

  document.addEventListener("click", async (event) => {
    const at = event.target instanceof Element ? event.target : null;
    const drawer = byId("ra-drawer");
    if (!at || !drawer) return;
    if (at.closest("#ra-drawer-open")) {
      byId("ra-undo").hidden = true;
      drawer.showModal();
      await settled(list);
      drawer.querySelector("[aria-current], .ra-thread-open, #ra-drawer-new").focus();
    } else if (at === drawer || at.closest("#ra-drawer-close")) drawer.close(); // beside it, or on its cross
    else if (at.closest("#ra-drawer-new")) {
      drawer.close();
      press("ra-clear");
      document.querySelector("#ra-question textarea")?.focus();
    } else if (at.closest("[data-does]")) {
      const item = at.closest(".ra-thread");
      item.querySelector(".ra-more").open = false;
      const head = await get("heads", item.dataset.key);
      if (head) await settled(() => does[at.closest("[data-does]").dataset.does](head, item));
    } else if (!at.closest(".ra-more")) drawer.querySelectorAll(".ra-more[open]").forEach((menu) => { menu.open = false; });
  });

  // --- following the conversation -------------------------------------------------------------------------------

  // One thing after the other, so that no turn is kept over another.
  let last = Promise.resolve();
  const settled = (work) => {
    last = last.then(work).catch((error) => note(`This browser could not keep or read conversations: ${error.name}.`));
    return last;
  };
  window.raConversations = {
    // Asked by the page when it opens a conversation: its turns as JSON, "" where this tab is in none.
    wanted: async () => {
      const key = here();
      let body = null;
      if (key) await settled(async () => { body = await get("turns", key); });
      if (!body) {
        stay(null);
        root.classList.remove("ra-returning");
        return "";
      }
      const turns = body.turns.map(({ conversation, markdown: _, ...turn }) => turn);
      return JSON.stringify({ conversation: key, turns });
    },
  };
  let seen = "";
  const follow = () => {
    root.classList.toggle("ra-returning", root.classList.contains("ra-returning") && byId("ra-history").innerText === "");
    const turn = document.querySelector("#ra-live .ra-turn");
    if (!turn && seen) stay(null);
    const kept = turn?.dataset.kept ?? (turn ? seen : "");
    if (kept === seen) return;
    seen = kept;
    if (!kept) return;
    const read = JSON.parse(kept);
    stay(read.conversation);
    root.classList.remove("ra-returning");
    settled(() => keep(read));
  };
  const waiting = new MutationObserver(() => {
    const live = byId("ra-live");
    if (!live) return;
    waiting.disconnect();
    new MutationObserver(follow).observe(live.parentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-kept"] });
  });
  waiting.observe(root, { subtree: true, childList: true });
})();
