// Loaded before Lambda's runtime client: whatever address a WebSocket is opened to, it is opened to the bridge that TEST_WS_BRIDGE names.
// So a driver that only knows its cloud finds the local database, and nothing of it is changed.

const bridge = process.env["TEST_WS_BRIDGE"];

if (bridge !== undefined) {
  globalThis.WebSocket = new Proxy(globalThis.WebSocket, {
    construct: (Socket, [, protocols]: [string, string[]?]) => new Socket(bridge, protocols),
  });
}
