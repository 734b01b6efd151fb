// A real identity provider (oidc-provider, certified by the OpenID Foundation) that lets in one
// person without asking. Its one argument is JSON: port, clients, person. It prints "ready".
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { port, clients, person } = JSON.parse(process.argv[2]);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };

const provider = new Provider(`http://localhost:${port}`, {
  clients,
  jwks: { keys: [key] },
  cookies: { keys: [randomUUID()] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
  features: { devInteractions: { enabled: false }, jwtUserinfo: { enabled: true } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => person }),
  // The agency consents for its staff.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({
      clientId: oidc.client.clientId,
      accountId: oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  const login = { accountId: person.sub };
  return provider.interactionFinished(request, response, { login });
}).listen(port, "127.0.0.1", () => console.log("ready"));
