"""In a real Chromium: a press acts, and open pages change by themselves."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from aiops.web.server import Server

ID = "7f3a9c21d04be65f"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    program = os.environ.get("AIOPS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        message = "CHROMIUM MISSING, PAGES NOT TESTED IN A BROWSER: apt-get install chromium"
        if os.environ.get("CI") or os.environ.get("AIOPS_REQUIRE_SERVERS"):
            pytest.fail(message)
        pytest.skip(message)
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, server: Server) -> Iterator[Any]:
    context = chromium.new_context(base_url=server.url, viewport={"width": 1360, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on(
        "request", lambda request: problems.append(request.url) if not request.url.startswith(server.url) else None
    )
    yield opened
    context.close()
    assert problems == []


def expect(page: Any, selector: str, text: str) -> None:
    page.locator(selector).filter(has_text=re.compile(text)).first.wait_for()


def test_acknowledging_changes_this_page_and_the_list_in_another_tab(page: Any, daemon: Any) -> None:
    page.goto("/")
    expect(page, "#live", "Live")
    other = page.context.new_page()
    other.goto(f"/incidents/{ID}")
    other.get_by_role("button", name="Acknowledge").click()
    expect(other, "#headline", "acknowledged by local")
    assert other.get_by_role("button", name="Acknowledge").count() == 0
    expect(page, "#incidents .row.acknowledged", "local is on it")
    assert [command.action for command in daemon.commands] == ["ack"]


def test_a_runbook_is_approved_in_place(page: Any, daemon: Any) -> None:
    page.goto(f"/incidents/{ID}")
    page.get_by_role("button", name="Approve and run").click()
    expect(page, "#runs", "Approved by local")
    expect(page, "#runs .pill", "running")
    assert daemon.run_documents[0]["state"] == "running"


def test_a_new_incident_appears_without_a_press(page: Any, daemon: Any) -> None:
    page.goto("/")
    expect(page, "#live", "Live")
    daemon.documents["new1"] = {
        "id": "new1",
        "status": "firing",
        "started": daemon.now(),
        "title": "Disk of db-3 fills up",
    }
    daemon.events.publish("incident", "new1")
    expect(page, "#incidents .row", "Disk of db-3 fills up")
    expect(page, "h1", "2 open incidents")
    assert page.title().startswith("(2)")


def test_what_is_being_typed_is_not_swept_away(page: Any, daemon: Any) -> None:
    page.goto(f"/incidents/{ID}")
    expect(page, "#live", "Live")
    page.get_by_text("Silence this").click()
    page.locator("#silence input[name=comment]").fill("new fan is on its way")
    daemon.documents[ID]["acknowledged_by"] = "bob"
    daemon.events.publish("incident", ID)
    expect(page, "#headline", "acknowledged by bob")
    assert page.locator("#silence input[name=comment]").input_value() == "new fan is on its way"
    page.locator("#silence button").click()
    page.wait_for_url("**/silences")
    expect(page, "#silences", "new fan is on its way")


def test_an_open_journal_stays_open_when_the_page_changes(page: Any, daemon: Any) -> None:
    page.goto(f"/incidents/{ID}")
    expect(page, "#live", "Live")
    page.get_by_text("Journal").click()
    daemon.run_documents[0]["log"].append([daemon.now(), "approved by bob"])
    daemon.events.publish("run", "x")
    page.get_by_text("drain-gpu-node: approved by bob").wait_for()
    assert page.locator("#runs details[open]").count() == 1


def test_a_refused_press_says_why_and_leaves_the_page(chromium: Any, server: Server, daemon: Any) -> None:
    # Not the fixture `page`: the browser itself logs the 409.
    context = chromium.new_context(base_url=server.url)
    opened = context.new_page()
    opened.goto(f"/incidents/{ID}")
    daemon.documents[ID]["status"] = "resolved"
    opened.get_by_role("button", name="Acknowledge").click()
    expect(opened, "#live", "it is resolved already")
    assert opened.url.endswith(ID)
    context.close()


def test_the_keyboard_reaches_the_incident_and_its_button(page: Any, daemon: Any) -> None:
    page.goto("/")
    page.locator("#incidents h2 a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/incidents/{ID}")
    page.get_by_role("button", name="Acknowledge").focus()
    page.keyboard.press("Enter")
    expect(page, "#headline", "acknowledged by local")


def test_everything_works_without_a_script(chromium: Any, server: Server, daemon: Any) -> None:
    context = chromium.new_context(base_url=server.url, java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"/incidents/{ID}")
    plain.get_by_role("button", name="Acknowledge").click()
    expect(plain, "#headline", "acknowledged by local")
    plain.get_by_role("button", name="Approve and run").click()
    expect(plain, "#runs", "Approved by local")
    context.close()


CONTRAST = """() => {
  const channel = (c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length && (colour.length < 4 || colour[3] === 1)) return colour;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const one of document.querySelectorAll("body *:not(svg *)")) {
    if (one.closest(".skip") || ![...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(ground(one))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push(`${one.tagName}.${one.className} ${ratio.toFixed(2)} ${one.textContent.trim()}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_of_wcag_aa(chromium: Any, server: Server, scheme: str) -> None:
    context = chromium.new_context(base_url=server.url, color_scheme=scheme)
    opened = context.new_page()
    for path in (
        "/",
        f"/incidents/{ID}",
        "/series?selector=vllm",
        "/rules",
        "/runbooks",
        "/silences",
        "/status",
        "/api/docs",
    ):
        opened.goto(path)
        assert opened.evaluate(CONTRAST) == [], path
    context.close()


@pytest.mark.parametrize("width", [390, 768, 1360])
def test_no_page_is_wider_than_the_window(chromium: Any, server: Server, width: int) -> None:
    context = chromium.new_context(base_url=server.url, viewport={"width": width, "height": 800})
    opened = context.new_page()
    for path in (
        "/",
        f"/incidents/{ID}",
        "/series?selector=vllm",
        "/rules",
        "/runbooks",
        "/silences",
        "/status",
        "/api/docs",
    ):
        opened.goto(path)
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()
