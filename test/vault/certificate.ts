/** A certificate authority of nobody: Vault asks for one before it talks to a Kubernetes API. It is good until 2126. */
export const CA_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBkDCCATegAwIBAgIUSUGUONgIWmivEPKPAe06ZkP8l1gwCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSa3ViZXJuZXRlcyBleGFtcGxlMCAXDTI2MTEyMTA3MTI1N1oY
DzIxMjYxMDI4MDcxMjU3WjAdMRswGQYDVQQDDBJrdWJlcm5ldGVzIGV4YW1wbGUw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATczHMZdn/wo75j8/tKi+ApbjIZZ7jc
ZgfNnpdo4JERrp/hhu/xylsrDU9YPZeZp3AnY0aUfulhfwK2sKbaJWLuo1MwUTAd
BgNVHQ4EFgQUn2+3cqx7lx/TkOFVcf1y0Vi2//IwHwYDVR0jBBgwFoAUn2+3cqx7
lx/TkOFVcf1y0Vi2//IwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBE
AiALdonw/nev0/2YAR/Mw6SGhxNOwN3aSl1iITwpOZT9sgIgGvlzycFmUZv0vEah
1Z5ftKpagj413mdEmQr1uoDK2Ok=
-----END CERTIFICATE-----
`;
