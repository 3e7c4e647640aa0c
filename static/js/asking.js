/** A form with `data-asks` is sent when that question, put in the page's dialog, has its yes. */
export function askFirst() {
  const dialog = document.getElementById("confirm");
  if (!dialog) return;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.asks) return;
    event.preventDefault();
    dialog.querySelector("h2").textContent = form.dataset.asks;
    dialog.returnValue = "";
    dialog.onclose = () => dialog.returnValue && form.submit();
    dialog.showModal();
  });
}
