"""GET /: a page of ours, for whoever opens the server's own address."""

from starlette.testclient import TestClient

from cxserver import clock, db
from cxserver.audit import adoption
from cxserver.web.app import create_app
from tests.support.matches import first_match


def test_it_says_what_this_is_and_leads_on(house):
    with house.client() as client:
        page = client.get("/")
        assert page.status_code == 200 and "This is a survey server" in page.text
        for address in ("/staff/", "/r"):
            assert f'href="{address}"' in page.text
            assert client.get(address).status_code in (200, 303)
        assert "Contact: Department of Everyday Affairs" in page.text
        assert client.get("/?lang=es").text.count("Este es un servidor de encuestas") == 1


def test_before_there_is_a_catalog_it_says_what_to_do(settings):
    engine = db.open_engine(settings)
    adoption.migrate(engine, settings.root_key_path, clock.now())
    engine.dispose()
    with TestClient(create_app(settings), base_url=settings.base_url) as client:
        text = client.get("/").text
    assert "cx catalog new" in text and "Contact" not in text


def test_it_stands_under_the_path_of_the_server(house):
    house.move("http://127.0.0.1:8000/cx")
    with house.client() as client:
        page = client.get("/")
        assert first_match(r'href="(/cx/staff/)"', page.text)
