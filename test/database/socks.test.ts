import { proxyFor } from "../../database/socks";

const PROXY = { host: "127.0.0.1", port: 1080 };
const HOST = "prod-eu-1.abc.eu-west-1.rds.amazonaws.com";

test.each([
  ["socks5://127.0.0.1:1080", PROXY],
  ["socks5h://127.0.0.1", PROXY],
  ["socks5://[::1]:9050", { host: "::1", port: 9050 }],
  ["http://proxy.example.com:3128", undefined],
  ["proxy", undefined],
  ["", undefined],
])("ALL_PROXY=%s", (text, proxy) => {
  expect(proxyFor(HOST, { ALL_PROXY: text })).toEqual(proxy);
  expect(proxyFor(HOST, { all_proxy: text })).toEqual(proxy);
});

test.each([HOST, ".rds.amazonaws.com", "*.amazonaws.com", "vault.example.com, .rds.amazonaws.com", "*"])(
  "NO_PROXY=%s excepts the server",
  (list) => {
    expect(proxyFor(HOST, { ALL_PROXY: "socks5://127.0.0.1", NO_PROXY: list })).toBeUndefined();
  },
);

test("NO_PROXY of others excepts nobody", () => {
  for (const list of ["vault.example.com", "prod-eu-1", ".com.example", ""]) {
    expect(proxyFor(HOST, { ALL_PROXY: "socks5://127.0.0.1", NO_PROXY: list })).toEqual(PROXY);
  }
});

test("servers of this machine need no way in", () => {
  for (const host of ["127.0.0.1", "localhost", "::1"]) {
    expect(proxyFor(host, { ALL_PROXY: "socks5://127.0.0.1" })).toBeUndefined();
  }
});

test("a proxy that asks for a password is refused with what to type", () => {
  const find = () => proxyFor(HOST, { ALL_PROXY: "socks5://me:secret@127.0.0.1" });
  expect(find).toThrow(/ALL_PROXY has a user name.*ALL_PROXY=socks5h:\/\/127.0.0.1:1080 \[TN-303\]/);
  expect(find).not.toThrow(/secret/);
});
