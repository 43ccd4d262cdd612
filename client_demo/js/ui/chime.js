/**
 * A short, quiet tone.
 *
 * Knows how to make one without a file. Refuses to know when.
 */

const HZ = 660;
const SECONDS = 0.18;
const LOUDNESS = 0.08; // of 1

let audio = /** @type {AudioContext|null} */ (null);

export function chime() {
  audio ??= new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: HZ });
  const volume = new GainNode(audio, { gain: LOUDNESS });
  const end = audio.currentTime + SECONDS;
  volume.gain.exponentialRampToValueAtTime(0.0001, end); // without a click at its end
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(end);
}
