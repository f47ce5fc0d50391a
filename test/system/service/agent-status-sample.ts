/** A status as a healthy agent gives it, for tests of the socket and of doctor. */
import type { AgentStatus } from '../../../src/system/service/status.ts';

export function sampleStatus(changes: Partial<AgentStatus> = {}): AgentStatus {
  return {
    version: '0.1.0',
    pid: 4711,
    startedAtMs: Date.UTC(2026, 0, 2),
    configFile: '/etc/goby/goby.yaml',
    device: { id: 'pi-1', name: 'Front door' },
    health: { 'camera/front': { state: 'streaming', sinceMs: 1 }, broker: { state: 'connected', sinceMs: 1 } },
    cameras: {
      front: {
        state: 'streaming',
        detail: 'rpicam-vid streams 640x480',
        source: 'rpicam',
        model: 'ssd',
        framesPerSecond: 9.9,
      },
    },
    engine: {
      state: 'ready',
      backend: 'xnnpack',
      detail: 'no Edge TPU is there',
      models: [{ name: 'ssd', backend: 'xnnpack', sha256: 'a'.repeat(64) }],
    },
    outputs: { led: { line: 'GPIO17', adapter: 'gpiochip', on: false } },
    broker: { state: 'connected', address: 'mqtt://broker:1883' },
    telemetry: { uptimeSeconds: 12 },
    ...changes,
  };
}
