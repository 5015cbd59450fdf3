// Dead letters: choose all on the page, and say how many are chosen.
const form = document.getElementById("sa-letters");
if (form) {
  const all = form.querySelector("[data-all]");
  const boxes = [...form.querySelectorAll("input[name=run]")];
  const said = document.getElementById("sa-chosen");
  const buttons = [...form.querySelectorAll("button[name=action]")];
  const count = () => {
    const number = boxes.filter((box) => box.checked).length;
    if (said) said.textContent = number ? `${number} chosen` : "None chosen";
    for (const button of buttons) button.disabled = !number;
    if (all) {
      all.checked = number === boxes.length;
      all.indeterminate = number > 0 && number < boxes.length;
    }
  };
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  form.addEventListener("change", count);
  count();
}
