// A sentence of the letter that is touched lights its evidence, and the other way round. The letter is in a frame that
// runs no script of its own; this page reaches into it.
const LIT = "sa-review__source--lit";

export function connectEvidence(draft, evidence, { onKey, onTouch }) {
  const frame = draft?.querySelector(".sa-review__letter");
  if (!frame) return;
  const ready = () => {
    const letter = frame.contentDocument;
    if (!letter?.querySelector("main")) return;
    dress(letter);
    fit(frame);
    new ResizeObserver(() => fit(frame)).observe(letter.querySelector("main"));
    letter.addEventListener("keydown", onKey);
    letter.addEventListener("pointerover", (event) => touched(event, false));
    letter.addEventListener("pointerleave", () => light([]));
    letter.addEventListener("click", (event) => touched(event, true));
  };
  frame.addEventListener("load", ready);
  if (frame.contentDocument?.readyState === "complete") ready();

  function touched(event, chosen) {
    const number = event.target.closest?.("[data-sentence]")?.dataset.sentence;
    light(number ? [number] : []);
    if (!number || !chosen || event.target.closest("a")) return;
    onTouch();
    evidence.querySelector(`.${LIT}`)?.scrollIntoView({ block: "center" });
  }

  function light(numbers) {
    for (const source of evidence.querySelectorAll("[data-lights]")) {
      source.classList.toggle(LIT, source.dataset.lights.split(" ").some((one) => numbers.includes(one)));
    }
    for (const sentence of frame.contentDocument?.querySelectorAll("[data-sentence]") ?? []) {
      sentence.classList.toggle("lit", numbers.includes(sentence.dataset.sentence));
    }
  }

  for (const kind of ["pointerover", "focusin", "click"]) {
    evidence.addEventListener(kind, (event) => {
      const source = event.target.closest?.("[data-lights]");
      light(source ? source.dataset.lights.split(" ") : []);
    });
  }
}

function fit(frame) {
  const main = frame.contentDocument?.querySelector("main");
  if (main) frame.style.height = `${Math.ceil(main.getBoundingClientRect().bottom) + 2}px`;
}

function dress(letter) {
  letter.documentElement.classList.toggle("dark", document.documentElement.classList.contains("dark"));
}
new MutationObserver(() => {
  const letter = document.querySelector(".sa-review__letter")?.contentDocument;
  if (letter) dress(letter);
}).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
