/** Taking a message back, after one calm question. */

import { $ } from "./dom.js";
import { say } from "./words.js";

export function deleter(socket, status) {
  const dialog = $("#confirm");
  return (row) => {
    dialog.returnValue = "";
    dialog.showModal();
    dialog.onclose = async () => {
      row.focus({ preventScroll: true });
      if (!dialog.returnValue) return;
      try {
        await socket.ask({ type: "delete_message", id: Number(row.dataset.id) });
      } catch (refusal) {
        status.tell(refusal.message || say("not_now"));
      }
    };
  };
}
