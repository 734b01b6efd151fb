"""The mail server: real ones, over sockets, with and without encryption; refusing, and gone."""

from urllib.parse import quote

import pytest

from cxserver import mail
from cxserver.errors import MailFailed, MailRefused
from cxserver.mail import Letter
from cxserver.settings import Settings
from tests.support import http_server, mail_server
from tests.support.mail_server import NAME, PASSWORD, SENDER

LOGIN = f"{quote(NAME, safe='')}:{quote(PASSWORD, safe='')}"
LETTER = Letter(("ana@example.gov",), "How it went", "All was well.")


@pytest.fixture
def settings(box):
    return box.settings(Settings())


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """`secure(smtps=False)`: a postbox with a certificate that this process trusts."""
    context, signer = mail_server.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(signer))
    opened = []

    def secure(smtps=False):
        # aiosmtpd knows of encryption what came by STARTTLS.
        how = {"ssl_context": context, "auth_require_tls": False} if smtps else {}
        standing = mail_server.running(**how or {"tls_context": context})
        opened.append(standing)
        return standing.__enter__()

    yield secure
    for standing in opened:
        standing.__exit__(None, None, None)


def post(settings, letter=LETTER):
    with mail.connected(settings) as session:
        mail.send(session, settings, letter)


# ---- what goes out


def test_a_letter_arrives_as_text_and_as_html(box, settings):
    post(settings, Letter(("ana@example.gov",), "How it went", "All was well.", "<p>All</p>"))
    [letter] = box.letters
    assert (letter["From"], letter["To"]) == (SENDER, "ana@example.gov")
    assert letter["Subject"] == "How it went" and letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.gov>") and letter["Date"]
    assert letter.get_content_type() == "multipart/alternative"
    assert letter.get_body(("plain",)).get_content() == "All was well.\r\n"
    assert letter.get_body(("html",)).get_content() == "<p>All</p>\r\n"


def test_words_that_are_not_ascii_arrive_as_they_were_written(box, settings):
    text = "Señor Ω said: “it went well” 🙂\n" + "línea " * 400
    post(settings, Letter(("ana@example.gov",), "Año nuevo: “¡bien!”", text))
    [letter] = box.letters
    assert letter["Subject"] == "Año nuevo: “¡bien!”"
    assert letter.get_content().splitlines() == text.splitlines()
    # And every line of it was one that each mail server takes.
    raw = letter.as_bytes()
    assert raw.isascii() and max(map(len, raw.splitlines())) < 100


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\u2028", "\n\n "])
def test_a_name_of_two_lines_puts_nothing_into_the_head(box, settings, end):
    name = f"Riverside{end}Bcc: eve@example.com{end}X-More: 1"
    post(settings, Letter(("ana@example.gov",), name, "All was well."))
    [letter] = box.letters
    assert letter["Bcc"] is None and letter["X-More"] is None
    assert letter["Subject"] == "Riverside Bcc: eve@example.com X-More: 1"


def test_a_sender_may_have_a_name(box):
    settings = box.settings(Settings(), mail_from="Office of Permits <feedback@example.gov>")
    post(settings)
    [letter] = box.letters
    assert letter["From"] == "Office of Permits <feedback@example.gov>"
    assert letter["Message-ID"].endswith("@example.gov>")


# ---- what is refused


def test_one_refused_recipient_does_not_stop_the_next(box, settings):
    box.refuses["gone@example.gov"] = "550 no such user ana@example.gov"
    with mail.connected(settings) as session:
        with pytest.raises(MailRefused, match=r"550$") as refused:
            mail.send(session, settings, Letter(("gone@example.gov",), "A", "B"))
        assert refused.value.lasting
        mail.send(session, settings, LETTER)
    assert box.to == ["ana@example.gov"]


def test_not_now_is_told_from_never(box, settings):
    box.refuses["full@example.gov"] = "452 4.2.2 mailbox full"
    with pytest.raises(MailRefused) as refused:
        post(settings, Letter(("full@example.gov",), "A", "B"))
    assert not refused.value.lasting


def test_of_two_refusals_one_may_be_tried_again(box, settings):
    """One mailbox is full and the other is gone: the letter may still reach the first."""
    box.refuses |= {"full@example.gov": "452 mailbox full", "gone@example.gov": "550 no such user"}
    with pytest.raises(MailRefused, match="452, 550$") as refused:
        post(settings, Letter(("full@example.gov", "gone@example.gov"), "A", "B"))
    assert not refused.value.lasting


def test_a_letter_to_two_of_whom_one_is_refused_is_not_called_sent(box, settings):
    box.refuses["gone@example.gov"] = "550 no such user"
    with pytest.raises(MailRefused):
        post(settings, Letter(("ana@example.gov", "gone@example.gov"), "A", "B"))
    assert len(box.letters) == 1


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@example.gov, b@example.gov", "a@example.gov\nBcc: c@example.gov", "a b@c.d"],
)
def test_what_is_no_single_address_is_refused_before_the_server_hears_of_it(box, settings, address):
    with pytest.raises(MailRefused) as refused:
        post(settings, Letter((address,), "A", "B"))
    assert refused.value.lasting and not box.letters


# ---- what fails


def test_a_server_that_is_down_is_told_without_its_password():
    url = f"smtp://{LOGIN}@127.0.0.1:{http_server.free_port()}"
    settings = Settings(smtp_url=url, mail_from=SENDER)
    with pytest.raises(MailFailed, match=r"ConnectionRefusedError at 127\.0\.0\.1") as failed:
        post(settings)
    assert PASSWORD not in str(failed.value) and LOGIN not in str(failed.value)


@pytest.mark.parametrize("url", ["mail.example.gov", "http://mail", "smtp://h:abc", "smtp://"])
def test_an_address_that_is_none_is_refused_without_quoting_it(url):
    with pytest.raises(MailFailed, match="must look like") as failed:
        post(Settings(smtp_url=url, mail_from=SENDER))
    assert "abc" not in str(failed.value)


@pytest.mark.parametrize("left_out", ["smtp_url", "mail_from"])
def test_without_a_server_or_a_sender_nothing_can_be_sent(box, left_out):
    settings = box.settings(Settings(), **{left_out: ""})
    assert not mail.is_set_up(settings)
    with pytest.raises(MailFailed, match="CX_SMTP_URL"):
        post(settings)


# ---- encryption


def test_where_it_is_offered_everything_is_encrypted_and_the_password_is_taken(secure):
    box = secure()
    post(box.settings(Settings(), smtp_url=f"smtp://{LOGIN}@localhost:{box.port}"))
    assert (box.encrypted, box.to) == ([True], ["ana@example.gov"])
    assert len(box.entered) == 1
    post(box.settings(Settings(), smtp_url=f"smtp://localhost:{box.port}"))
    assert box.encrypted == [True, True]


def test_smtps_is_encrypted_from_the_first_byte(secure):
    box = secure(smtps=True)
    post(box.settings(Settings(), smtp_url=f"smtps://{LOGIN}@localhost:{box.port}"))
    assert (box.encrypted, len(box.entered)) == ([True], 1)


def test_a_wrong_password_is_a_failure_that_tells_neither(secure):
    box = secure()
    wrong = f"smtp://{quote(NAME)}:guessed@localhost:{box.port}"
    with pytest.raises(MailFailed, match="SMTPAuthenticationError") as failed:
        post(box.settings(Settings(), smtp_url=wrong))
    assert "guessed" not in str(failed.value) and not box.letters


def test_a_password_is_not_sent_where_nothing_is_encrypted(box):
    with pytest.raises(MailFailed, match="no encryption"):
        post(box.settings(Settings(), smtp_url=f"smtp://{LOGIN}@127.0.0.1:{box.port}"))
    assert not box.entered


def test_a_server_that_cannot_prove_its_name_gets_nothing(secure, monkeypatch):
    box = secure()
    for url in (f"smtp://{LOGIN}@127.0.0.1:{box.port}", f"smtp://127.0.0.1:{box.port}"):
        with pytest.raises(MailFailed, match="SSLCertVerificationError"):
            post(box.settings(Settings(), smtp_url=url))
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(MailFailed, match="SSLCertVerificationError"):
        post(box.settings(Settings(), smtp_url=f"smtp://{LOGIN}@localhost:{box.port}"))
    assert not box.entered and not box.letters
