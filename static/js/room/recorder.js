/** Speaking instead of writing: hold the microphone, or tap it and tap again. */

import { $, copyOf } from "./dom.js";
import { clock } from "./voice.js";
import { say } from "./words.js";

const TAP = 300; // ms; a shorter press stays recording until the next
const AWAY = 90; // pixels to slide away
const MOMENT = 50; // ms
const BARS = 48;
const LONGEST = 15 * 60_000;
const TYPES = ["audio/mp4;codecs=mp4a.40.2", "audio/webm;codecs=opus", "audio/ogg;codecs=opus"];

let recording = null;

export function press(event, form, take) {
  event.preventDefault();
  if (recording) return recording.finish();
  const begun = performance.now();
  const [x, y] = [event.clientX, event.clientY];
  let isAway = false;
  recording = new Recording(form, take);
  const move = ({ clientX, clientY }) => {
    isAway = Math.hypot(clientX - x, clientY - y) > AWAY;
    recording?.bar.classList.toggle("away", isAway);
  };
  const held = new AbortController();
  const { signal } = held;
  addEventListener("pointermove", move, { signal });
  addEventListener("pointercancel", () => (held.abort(), recording?.drop()), { signal });
  addEventListener(
    "pointerup",
    () => {
      held.abort();
      if (isAway) recording?.drop();
      else if (performance.now() - begun > TAP) recording?.finish();
      else recording?.goOn();
    },
    { signal },
  );
}

/** Begin, or send what was spoken, by a key. */
export function toggle(form, take) {
  if (recording) return recording.finish();
  recording = new Recording(form, take);
  recording.goOn();
}

class Recording {
  loud = [];
  #isDropped = false;

  constructor(form, take) {
    Object.assign(this, { form, take });
    this.bar = copyOf("recording");
    $("button", this.bar).onclick = () => this.drop();
    this.key = ({ key }) => key === "Escape" && this.drop();
    addEventListener("keydown", this.key);
    $(".writing", form).prepend(this.bar);
    form.classList.add("records");
    this.#begin();
  }

  async #begin() {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.#end();
      $(".count", this.form.parentElement).textContent = say("no_microphone");
      return;
    }
    if (this.isOver) return this.#end();
    const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
    this.recorder = new MediaRecorder(this.stream, { mimeType: type });
    const parts = [];
    this.recorder.ondataavailable = ({ data }) => parts.push(data);
    this.recorder.onstop = () => this.#send(new Blob(parts, { type: type.split(";")[0] }));
    this.recorder.start();
    this.begun = performance.now();
    this.#listen();
  }

  #listen() {
    this.audio = new AudioContext();
    const analyser = this.audio.createAnalyser();
    this.audio.createMediaStreamSource(this.stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.loud.push(Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length));
      this.#draw();
      if (performance.now() - this.begun > LONGEST) this.finish();
    }, MOMENT);
  }

  #draw() {
    const time = clock((performance.now() - this.begun) / 1000);
    if ($(".number", this.bar).textContent !== time) $(".number", this.bar).textContent = time;
    const last = this.loud.slice(-BARS).map((one) => Math.min(1, one * 4));
    const line = (one, n) => `M${n * 4 + 2} ${12 - one * 10 - 1}v${one * 20 + 2}`;
    $("svg", this.bar).setAttribute("viewBox", `0 0 ${BARS * 4} 24`);
    $("path", this.bar).setAttribute("d", last.map(line).join(""));
  }

  /** Nothing is held any more: the next press ends it. */
  goOn() {
    this.bar.classList.add("goes-on");
  }

  finish() {
    this.isOver = true;
    if (this.recorder?.state === "recording") this.recorder.stop();
    else this.#end();
  }

  drop() {
    this.#isDropped = true;
    this.finish();
  }

  #send(blob) {
    const isSpoken = performance.now() - this.begun > TAP;
    this.#end();
    if (this.#isDropped || !isSpoken || !blob.size) return;
    const name = `${say("voice_name")}.${blob.type.split("/")[1].replace("mp4", "m4a")}`;
    const file = new File([blob], name, { type: blob.type });
    file.waveform = waveform(this.loud);
    this.take([file]);
  }

  #end() {
    clearInterval(this.timer);
    removeEventListener("keydown", this.key);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.audio?.close();
    this.bar.remove();
    if (recording !== this) return; // the next one has begun while this asked for the microphone
    this.form.classList.remove("records");
    recording = null;
  }
}

/** The loudness of BARS moments, each as one hexadecimal digit, the loudest as f. */
function waveform(loud) {
  const size = loud.length / BARS;
  const moments = Array.from({ length: BARS }, (_, n) =>
    Math.max(0, ...loud.slice(Math.floor(n * size), Math.max(Math.floor(n * size) + 1, (n + 1) * size))),
  );
  const most = Math.max(...moments, 0.01);
  return moments.map((one) => Math.round((one / most) * 15).toString(16)).join("");
}
