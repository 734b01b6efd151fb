// Mint a survey link from Java 11 or newer: one file, no library, no network, nothing remembered.
//
//     CX_BASE_URL=https://cx.agency.gov CX_KEY=... java Mint.java SERVICE OFFICE CHANNEL [TIME [NAME]]
//
// TIME is when the visit ended (default: now), and NAME your own number of it: the same NAME and
// TIME mint the same link. For a kiosk, poster or site link, TIME is when it ends (default: as late
// as may be), and NAME the place. Times look like 2026-11-04T10:20:00-05:00.
// CX_KEY may hold several keys, with spaces between them, the newest last.
// `java Mint.java vectors` prints the vectors of docs/use/mint-from-any-language.md.

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class Mint {
    static final Map<String, Integer> KINDS = new TreeMap<>(Map.of(
        "email", 1, "sms", 2, "web", 3, "phone", 4, "kiosk", 8, "poster", 9, "site", 10));
    static final Pattern KEY = Pattern.compile(
        "(?<body>cxk1_(?:svc|off)_(?<service>[a-z0-9-]{1,32})(?:\\.(?<office>[a-z0-9-]{1,32}))?"
            + "_(?<kid>[1-9][0-9]{0,4})_(?<secret>[A-Za-z0-9_-]{43}))_(?<crc>[A-Za-z0-9_-]{6})");
    static final Pattern SLUG = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?");
    static final Pattern ADDRESS = Pattern.compile("https?://[^/?#]+[^?#]*");

    static final class Refused extends Exception {
        Refused(String message) {
            super(message);
        }
    }

    static byte[] hmac(byte[] key, byte[]... parts) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        for (byte[] part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    /** HKDF-Expand with SHA-256 to 32 bytes: one step down from a key. */
    static byte[] expand(byte[] key, String label, byte... rest) throws GeneralSecurityException {
        return hmac(key, utf8(label), rest, new byte[] {1});
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static String crc(String text) {
        CRC32 sum = new CRC32();
        sum.update(utf8(text));
        return base64(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
    }

    static List<Matcher> readKeys(String text) throws Refused {
        if (text == null || text.isBlank()) {
            throw new Refused("No key. Set CX_KEY to the line that `cx key issue` printed.");
        }
        List<Matcher> keys = new ArrayList<>();
        for (String part : text.strip().split("\\s+")) {
            keys.add(readKey(part));
        }
        return keys;
    }

    static Matcher readKey(String text) throws Refused {
        Matcher key = KEY.matcher(text);
        if (!key.matches() || !crc(key.group("body")).equals(key.group("crc"))) {
            throw new Refused(
                "This key was cut off or changed when it was copied. Copy the whole line.");
        }
        return key;
    }

    static List<Matcher> covering(List<Matcher> keys, String service, String office)
            throws Refused {
        List<Matcher> covering = new ArrayList<>();
        for (Matcher key : keys) {
            String only = key.group("office");
            if (key.group("service").equals(service) && (only == null || only.equals(office))) {
                covering.add(key);
            }
        }
        if (covering.isEmpty()) {
            throw new Refused("No key here may mint for service '" + service + "' at office '"
                + office + "'.");
        }
        return covering;
    }

    static int kid(Matcher key) {
        return Integer.parseInt(key.group("kid"));
    }

    static byte[] officeSecret(Matcher key, String office) throws GeneralSecurityException {
        byte[] secret = Base64.getUrlDecoder().decode(key.group("secret"));
        return key.group("office") != null
            ? secret : expand(secret, "cxlink/1|office|" + office);
    }

    /** The 43 characters of a token. `time` is in whole seconds. */
    static String token(byte[] secret, int kind, int kid, long time, byte[] nonce)
            throws GeneralSecurityException {
        byte[] payload = ByteBuffer.allocate(15).put((byte) (1 << 4 | kind)).putShort((short) kid)
            .putInt((int) time).put(nonce).array();
        String body = base64(payload);
        byte[] linkKey = expand(secret, "cxlink/1|kind|", (byte) kind);
        return body + "." + base64(Arrays.copyOf(hmac(linkKey, utf8(body)), 16));
    }

    static Instant moment(String text) throws Refused {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException unreadable) {
            throw new Refused("Not a time with its zone: " + text);
        }
    }

    static Instant doneAt(String text, Instant now) throws Refused {
        Instant at = text == null ? now : moment(text);
        if (at.isAfter(now.plus(Duration.ofMinutes(15)))) {
            throw new Refused("The end of the visit is in the future.");
        }
        if (now.isAfter(at.plus(Duration.ofHours(48)))) {
            throw new Refused("The visit ended more than 48 hours ago.");
        }
        return at;
    }

    static Instant expiry(String text, int days, Instant now) throws Refused {
        Instant last = now.plus(Duration.ofDays(days));
        Instant at = text == null ? last : moment(text);
        if (!at.isAfter(now)) {
            throw new Refused("The end of the link has passed.");
        }
        if (at.isAfter(last)) {
            throw new Refused("Such a link lives " + days + " days at most.");
        }
        return at;
    }

    static String mint(String baseUrl, String keyText, String service, String office,
            String channel, String time, String name) throws Refused, GeneralSecurityException {
        Integer kind = KINDS.get(channel);
        if (kind == null) {
            throw new Refused("No channel '" + channel + "'. Use one of " + KINDS.keySet() + ".");
        }
        for (String slug : new String[] {service, office}) {
            if (!SLUG.matcher(slug).matches()) {
                throw new Refused("'" + slug + "' cannot name a service or an office.");
            }
        }
        if (baseUrl == null || !ADDRESS.matcher(baseUrl).matches()) {
            throw new Refused("Set CX_BASE_URL to the survey server, e.g. https://cx.agency.gov");
        }
        List<Matcher> keys = covering(readKeys(keyText), service, office);
        // The newest key signs. The lowest number makes the nonce: one answer for a reminder, too.
        Matcher newest = keys.get(keys.size() - 1);
        Matcher oldest = Collections.min(keys, Comparator.comparingInt(Mint::kid));
        boolean place = kind >= 8;
        Instant now = Instant.now();
        Instant at = place ? expiry(time, kind == 8 ? 90 : 400, now) : doneAt(time, now);
        byte[] nonce = nonce(officeSecret(oldest, office), place ? "place" : "ref", name);
        String text = token(
            officeSecret(newest, office), kind, kid(newest), at.getEpochSecond(), nonce);
        String room = kind == 8 ? "k" : "s";
        return String.join("/", baseUrl.replaceAll("/+$", ""), room, service, office, text);
    }

    static byte[] nonce(byte[] secret, String word, String name)
            throws Refused, GeneralSecurityException {
        if (name == null) {
            byte[] random = new byte[8];
            new SecureRandom().nextBytes(random);
            return random;
        }
        if (name.isEmpty()) {
            throw new Refused("The name must not be empty.");
        }
        return Arrays.copyOf(hmac(secret, utf8("cxlink/1|" + word + "|" + name)), 8);
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte one : bytes) {
            text.append(String.format("%02x", one));
        }
        return text.toString();
    }

    static String vectors() throws GeneralSecurityException {
        byte[] root = new byte[32];
        for (int at = 0; at < 32; at++) {
            root[at] = (byte) at;
        }
        byte[] service = expand(root, "cxlink/1|service|vet-home|1");
        byte[] office = expand(service, "cxlink/1|office|tx042");
        String body = "cxk1_svc_vet-home_1_" + base64(service);
        return String.join("\n",
            hex(service),
            body + "_" + crc(body),
            hex(office),
            hex(expand(office, "cxlink/1|kind|", (byte) 1)),
            hex(Arrays.copyOf(hmac(office, utf8("cxlink/1|ref|case-123")), 8)),
            token(office, 1, 1, 1793451600L, Arrays.copyOf(root, 8)));
    }

    public static void main(String[] words) throws GeneralSecurityException {
        try {
            System.out.println(answer(words));
        } catch (Refused refused) {
            System.err.println(refused.getMessage());
            System.exit(1);
        }
    }

    static String answer(String[] words) throws Refused, GeneralSecurityException {
        if (words.length == 1 && words[0].equals("vectors")) {
            return vectors();
        }
        if (words.length < 3 || words.length > 5) {
            throw new Refused("Use: Mint.java SERVICE OFFICE CHANNEL [TIME [NAME]]");
        }
        return mint(System.getenv("CX_BASE_URL"), System.getenv("CX_KEY"), words[0], words[1],
            words[2], words.length > 3 ? words[3] : null, words.length > 4 ? words[4] : null);
    }
}
