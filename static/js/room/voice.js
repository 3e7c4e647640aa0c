/** A voice note that is heard: play, seek in its waveform, go faster. One at a time. */

import { $, make } from "./dom.js";
import { say } from "./words.js";

const SPEEDS = [1, 1.5, 2];
const NS = "http://www.w3.org/2000/svg";
let heard = null;

export function press(figure, { target, clientX }) {
  const audio = $("audio", figure);
  if (!audio.onplay) prepare(figure, audio);
  if (target.closest(".speed")) return faster(figure, audio);
  if (target.closest(".wave")) seek(figure, audio, clientX);
  if (audio.paused || target.closest(".wave")) audio.play().catch(() => fail(figure, audio));
  else audio.pause();
}

function prepare(figure, audio) {
  const time = $("span.number", figure);
  const [button, whole] = [$(".play", figure), time.textContent];
  const state = () => {
    figure.classList.toggle("playing", !audio.paused);
    button.ariaLabel = button.title = say(audio.paused ? "play" : "pause");
  };
  const part = clip(figure);
  audio.onplay = () => {
    if (heard !== audio) heard?.pause();
    heard = audio;
    figure.classList.add("begun");
    state();
    follow();
  };
  audio.onpause = state;
  audio.onended = () => (figure.classList.remove("begun"), (time.textContent = whole));
  const follow = () => {
    if (!figure.isConnected) return audio.pause();
    const { currentTime, duration } = audio;
    if (Number.isFinite(duration)) part.setAttribute("width", `${(100 * currentTime) / duration}%`);
    time.textContent = clock(currentTime);
    if (!audio.paused) requestAnimationFrame(follow);
  };
}

/** What has been heard is the second drawing, shown up to there. */
function clip(figure) {
  const id = `heard-${Math.random().toString(36).slice(2)}`;
  const [path, part] = ["clipPath", "rect"].map((tag) => document.createElementNS(NS, tag));
  path.id = id;
  part.setAttribute("height", "100%");
  path.append(part);
  $(".wave", figure).prepend(path);
  $(".heard", figure).setAttribute("clip-path", `url(#${id})`);
  return part;
}

function seek(figure, audio, x) {
  const { left, width } = $(".wave", figure).getBoundingClientRect();
  const go = () => (audio.currentTime = ((x - left) / width) * audio.duration);
  if (Number.isFinite(audio.duration)) go();
  else audio.addEventListener("loadedmetadata", () => Number.isFinite(audio.duration) && go(), { once: true });
}

function faster(figure, audio) {
  const next = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
  audio.playbackRate = audio.defaultPlaybackRate = next;
  $(".speed", figure).textContent = `${next}×`;
}

/** A browser that cannot play it can still save it. */
function fail(figure, audio) {
  if (!audio.error) return;
  const link = make("a", { href: `${audio.src}?download` }, say("download"));
  figure.replaceChildren(link);
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
