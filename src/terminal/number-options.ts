/** Numbers of the command line, checked as they are read. */
import { InvalidArgumentError } from 'commander';

export function wholeOption(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`${name} takes a whole number from ${min} to ${max}.`);
  };
}

export function fractionOption(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && value <= 1) return value;
    throw new InvalidArgumentError(`${name} takes a number from 0 to 1.`);
  };
}

export function secondsOption(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`${name} takes seconds from ${min} to ${max}.`);
  };
}

export function positiveOption(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
    throw new InvalidArgumentError(`${name} takes a number above 0.`);
  };
}
