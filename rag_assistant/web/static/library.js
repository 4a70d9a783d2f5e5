// Adding papers: sends the form, and shows what the server tells of it line by line.
(() => {
  "use strict";

  const form = document.getElementById("rl-add");
  if (!form) return;
  const progress = document.getElementById("rl-progress");
  const report = document.getElementById("rl-report");
  const bar = progress.querySelector("progress");
  const said = progress.querySelector("span");
  const button = form.querySelector("button");

  const fail = (why) => {
    const line = document.createElement("p");
    line.className = "rl-wrong";
    line.setAttribute("role", "alert");
    line.textContent = why;
    report.replaceChildren(line);
  };
  const step = ({ stage, done, total }) => {
    if (total) {
      bar.max = total;
      bar.value = done;
    } else bar.removeAttribute("value");
    said.textContent = `${stage} ${done.toLocaleString("en")}${total ? ` of ${total.toLocaleString("en")}` : ""}`;
  };
  const take = (line) => {
    const told = JSON.parse(line);
    if (told.stage !== undefined) step(told);
    else if (told.error !== undefined) fail(told.error);
    else report.innerHTML = told.report; // the server's own markup, all text in it escaped
    return told.stage === undefined;
  };
  const listen = async (response) => {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let over = false;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      for (const line of lines) over = take(line) || over;
    }
    if (!over) fail("The server broke off; its log says why.");
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const size = [...given.values()].reduce((sum, one) => sum + (one.size ?? one.length), 0);
    if (size > Number(form.dataset.most)) {
      fail(`At most ${Number(form.dataset.most).toLocaleString("en")} bytes at once.`);
      return;
    }
    report.replaceChildren();
    progress.hidden = false;
    bar.removeAttribute("value");
    said.textContent = "sending";
    button.disabled = true;
    try {
      const response = await fetch(form.action, { method: "POST", body: given });
      if (response.ok) await listen(response);
      else fail(await response.text());
    } catch (error) {
      fail(`The server can't be reached: ${error.message}`);
    } finally {
      progress.hidden = true;
      button.disabled = false;
      report.focus();
    }
  });
})();
