/** The real system calls, on devices that every Linux has: what a GPIO chip answers is the business of gpio-kernel's fake. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { gpioRequest } from '../../../src/flow/act/gpio-abi.ts';
import { createKoffiKernel } from '../../../src/flow/act/koffi-kernel.ts';

const folder = mkdtempSync(join(tmpdir(), 'goby-kernel-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test('a missing chip, a closed file and a device that is no GPIO chip give their codes', (t) => {
  const kernel = createKoffiKernel();
  t.throws(() => kernel.open('/dev/gpiochip99'), { code: 'ENOENT' });
  t.throws(() => kernel.ioctl(9999, gpioRequest.getChipInfo, new Uint8Array(68)), { code: 'EBADF' });
  const fd = kernel.open('/dev/null');
  t.throws(() => kernel.ioctl(fd, gpioRequest.getChipInfo, new Uint8Array(68)), { code: 'ENOTTY' });
  kernel.close(fd);
  t.throws(() => kernel.close(fd), { code: 'EBADF' });
});

test('ioctl writes its answer into the bytes it was given, and nowhere else', (t) => {
  const file = join(folder, 'thousand');
  writeFileSync(file, Buffer.alloc(1000));
  const fd = openSync(file, 'r');
  const whole = new Uint8Array(16).fill(0xee);
  // FIONREAD of ioctl_tty(2): how many bytes are left to read, as a 32-bit number.
  createKoffiKernel().ioctl(fd, 0x541b, whole.subarray(4, 8));
  closeSync(fd);
  t.deepEqual([...whole], [...Array(4).fill(0xee), 0xe8, 0x03, 0, 0, ...Array(8).fill(0xee)]);
});

test('chips come in the order of their numbers', (t) => {
  const dev = join(folder, 'dev');
  mkdirSync(dev);
  for (const name of ['gpiochip10', 'gpiochip2', 'gpiochip0', 'gpiomem', 'null'])
    symlinkSync('/dev/null', join(dev, name));
  t.deepEqual(
    createKoffiKernel(dev).chips(),
    ['gpiochip0', 'gpiochip2', 'gpiochip10'].map((name) => join(dev, name)),
  );
});

test('read takes what waits, and does not wait itself', (t) => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const kernel = createKoffiKernel();
  // For reading and writing: neither end waits for the other to be opened.
  const fd = kernel.open(pipe);
  const buffer = new Uint8Array(4);
  t.is(kernel.read(fd, buffer), 0);
  writeSync(fd, Buffer.from('abcdef'));
  t.is(kernel.read(fd, buffer), 4);
  t.is(Buffer.from(buffer).toString(), 'abcd');
  t.is(kernel.read(fd, buffer), 2);
  t.is(kernel.read(fd, buffer), 0);
  kernel.close(fd);
  t.throws(() => kernel.read(fd, buffer), { code: 'EBADF' });
});
