/** Offers the browser's time zone to who has said none. */

const select = document.querySelector("select[name=time_zone]");
const offer = document.querySelector("[data-offers-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (select && offer && !select.value && [...select.options].some(({ value }) => value === zone)) {
  offer.querySelector("[data-zone]").textContent = zone.replaceAll("_", " ");
  offer.hidden = false;
  offer.addEventListener("click", () => {
    select.value = zone;
    offer.hidden = true;
    select.focus();
  });
}
