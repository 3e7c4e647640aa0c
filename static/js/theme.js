/** The light switch answers at once; the choice is stored by the same form in the background. */
export function switchThemeInPlace() {
  document.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.name !== "theme" || button.form.id !== "choices") return;
    event.preventDefault();
    const body = new FormData(button.form, button);
    show(button.value);
    const answer = await fetch(button.formAction, { method: "POST", body, redirect: "manual" });
    if (answer.type !== "opaqueredirect" && !answer.ok) location.reload();
  });
}

function show(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll('.switch button[name="theme"]')) {
    button.ariaPressed = String(button.value === theme);
  }
}
