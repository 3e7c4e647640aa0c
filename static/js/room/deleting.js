/** Taking a message back, after one calm question. */

import { $, idOf } from "./dom.js";

export function deleter(status) {
  const dialog = $("#confirm");
  return (row) => {
    dialog.returnValue = "";
    dialog.showModal();
    dialog.onclose = () => {
      row.focus({ preventScroll: true });
      if (dialog.returnValue) status.ask({ type: "delete_message", id: idOf(row) });
    };
  };
}
