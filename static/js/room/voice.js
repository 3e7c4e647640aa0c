/** A voice note that is heard: play, seek in its waveform, go faster. One at a time. */

import { $, make } from "./dom.js";
import { say } from "./words.js";

const SPEEDS = [1, 1.5, 2];
const NS = "http://www.w3.org/2000/svg";
let heard = null;

/** One of the buttons of the note `figure` was pressed. */
export function press(figure, target) {
  const audio = audioOf(figure);
  if (target.closest(".speed")) faster(figure, audio);
  else if (audio.paused) play(figure, audio);
  else audio.pause();
}

/** Go on hearing where `range` stands now. */
export function seek(range) {
  const figure = range.closest(".voice");
  const audio = audioOf(figure);
  const part = range.value / 100;
  const go = () => Number.isFinite(audio.duration) && (audio.currentTime = part * audio.duration);
  if (audio.readyState) go();
  else audio.addEventListener("loadedmetadata", go, { once: true });
  if (audio.paused) play(figure, audio);
}

function audioOf(figure) {
  const audio = $("audio", figure);
  if (!audio.onplay) prepare(figure, audio);
  return audio;
}

const play = (figure, audio) => audio.play().catch(() => fail(figure, audio));

function prepare(figure, audio) {
  const time = $("span.number", figure);
  const [button, range, whole] = [$(".play", figure), $(".seek", figure), time.textContent];
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
  audio.onended = () => {
    figure.classList.remove("begun");
    Object.assign(range, { value: 0, ariaValueText: null });
    time.textContent = whole;
  };
  const follow = () => {
    if (!figure.isConnected) return audio.pause();
    if (audio.ended) return;
    const { currentTime, duration } = audio;
    if (Number.isFinite(duration)) {
      range.value = (100 * currentTime) / duration;
      part.setAttribute("width", `${range.value}%`);
    }
    time.textContent = range.ariaValueText = clock(currentTime);
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

/** As on a watch that is stopped: 0:07. */
export function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
