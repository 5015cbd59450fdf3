// The search that `/` and Ctrl+K open: a prospect, a run id, a page.
const dialog = document.getElementById("sa-palette");
if (dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("[role=listbox]");
  const hint = dialog.querySelector(".sa-palette__hint");
  let asked = 0;
  let shown = 0;
  let enter = false;
  let timer = 0;

  const open = () => {
    if (dialog.open) return;
    input.value = "";
    dialog.showModal();
    input.focus();
    ask();
  };

  const ask = async () => {
    const mine = ++asked;
    const answer = await fetch(`${dialog.dataset.find}?q=${encodeURIComponent(input.value)}`).catch(() => null);
    if (mine !== asked) return; // somebody typed on
    if (!answer?.ok) {
      hint.textContent = "The search does not answer. Try again.";
      return;
    }
    show((await answer.json()).found);
    shown = mine;
    if (enter) go();
  };

  const show = (found) => {
    list.replaceChildren(
      ...found.map((line, index) => {
        const item = document.createElement("li");
        item.role = "option";
        item.id = `sa-found-${index}`;
        item.dataset.address = line.address;
        const kind = document.createElement("span");
        kind.className = "sa-palette__kind";
        kind.textContent = line.kind;
        const title = document.createElement("strong");
        title.textContent = line.title;
        const detail = document.createElement("small");
        detail.textContent = line.detail;
        item.append(kind, title, detail);
        return item;
      }),
    );
    hint.textContent = found.length ? "" : "Nothing fits. Try a name, an address, a company or the id of a run.";
    mark(0);
  };

  const mark = (index) => {
    const items = [...list.children];
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === index)));
    if (items[index]) {
      input.setAttribute("aria-activedescendant", items[index].id);
      items[index].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };

  const current = () => [...list.children].findIndex((item) => item.getAttribute("aria-selected") === "true");

  // Enter before the answer is there goes to the answer, not to what was found before.
  const go = () => {
    enter = shown !== asked || timer !== 0;
    const item = list.children[current()];
    if (!enter && item) window.location.assign(item.dataset.address);
  };

  input.addEventListener("input", () => {
    enter = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      ask();
    }, 120);
  });
  input.addEventListener("keydown", (event) => {
    const size = list.children.length;
    if (event.key === "ArrowDown") mark((current() + 1) % size);
    else if (event.key === "ArrowUp") mark((current() + size - 1) % size);
    else if (event.key === "Enter") go();
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item) window.location.assign(item.dataset.address);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  for (const button of document.querySelectorAll("[data-palette]")) button.addEventListener("click", open);
  document.addEventListener(
    "keydown",
    (event) => {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
      const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey;
      const combined = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
      if ((slash && localStorage.getItem("sa-keys") !== "off") || combined) {
        if (document.querySelector("dialog[open]")) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        open();
      }
    },
    true,
  );
}
