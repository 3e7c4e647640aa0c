/** Tells the site the browser's time zone, for the times on pages of who has chosen none. */
export function tellZone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (document.cookie.includes(`zone=${timeZone}`)) return;
  document.cookie = `zone=${timeZone}; path=/; max-age=31536000; samesite=lax`;
}
