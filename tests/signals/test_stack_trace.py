"""Stack traces: one fault is one line, whatever the depth it was reached from."""

from __future__ import annotations

import pytest

from aiops.signals.stack_trace import folded

PYTHON = """could not charge order 17
Traceback (most recent call last):
  File "/app/shop/pay.py", line 40, in charge
    client.post(url)
  File "/usr/lib/python3.11/site-packages/requests/api.py", line 9, in post
    raise ConnectionError(e)
requests.exceptions.ConnectionError: refused by 10.0.0.7"""
CHAINED = (
    PYTHON
    + """

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/shop/web.py", line 3, in view
    raise Sorry()
shop.web.Sorry: no luck"""
)
JAVA = """Request failed
org.springframework.web.util.NestedServletException: Request processing failed
	at org.springframework.web.servlet.FrameworkServlet.processRequest(FrameworkServlet.java:1014)
	at com.acme.shop.Filter.doFilter(Filter.java:22)
Caused by: java.sql.SQLTransientConnectionException: pool exhausted
	at com.zaxxer.hikari.pool.HikariPool.get(HikariPool.java:676)
	... 40 more"""
JAVA_OWN = """Exception in thread "main" java.lang.NullPointerException: x is null
	at java.base/java.util.Objects.requireNonNull(Objects.java:233)
	at com.acme.shop.Cart.add(Cart.java:17)
	at com.acme.shop.Main.main(Main.java:5)"""
GO = """panic: runtime error: index out of range [3] with length 2

goroutine 1 [running]:
runtime.gopanic({0x45, 0x46})
	/usr/local/go/src/runtime/panic.go:884 +0x212
github.com/acme/shop/cart.(*Cart).At(0xc000, 0x3)
	/src/cart/cart.go:12 +0x1d
main.main()
	/src/main.go:8 +0x25"""
NODE = """TypeError: Cannot read properties of undefined (reading 'id')
    at Object.get (/app/node_modules/lodash/get.js:10:5)
    at charge (/app/src/pay.js:33:17)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (PYTHON, "could not charge order 17: requests.exceptions.ConnectionError at charge (pay.py)"),
        (CHAINED, "could not charge order 17: requests.exceptions.ConnectionError at charge (pay.py)"),
        (
            JAVA,
            "Request failed: java.sql.SQLTransientConnectionException at HikariPool.get (HikariPool.java)",
        ),
        (JAVA_OWN, "java.lang.NullPointerException at Cart.add (Cart.java)"),
        (GO, "panic at cart.(*Cart).At (cart.go)"),
        (NODE, "TypeError at charge (pay.js)"),
    ],
)
def test_a_trace_is_its_type_and_the_innermost_own_frame(body: str, line: str) -> None:
    assert folded(body) == line


def test_depth_and_line_numbers_make_no_difference() -> None:
    deeper = JAVA_OWN + "\n\tat com.acme.shop.Launcher.start(Launcher.java:1)"
    assert folded(deeper.replace(":17)", ":18)")) == folded(JAVA_OWN)


def test_a_trace_of_libraries_alone_is_known_by_its_innermost_frame() -> None:
    body = "java.io.IOException: gone\n\tat java.io.A.b(A.java:1)\n\tat java.io.C.d(C.java:2)"
    assert folded(body) == "java.io.IOException at A.b (A.java)"


@pytest.mark.parametrize("body", ["plain", "two\nlines", "", "\n\n", "look at (me)\nfoo", "select *\n  where a:1:2"])
def test_what_is_no_trace_stays_as_it_is(body: str) -> None:
    assert folded(body) == body


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "body", ["\n" + " " * 60_000, "\nat " * 30_000, "\n" + "a.A" * 20_000, "\nA." * 20_000, "\n" * 64_000 + "x",
             "\n" + "(" * 60_000, "at (" * 15_000 + "\n"],
)  # fmt: skip
def test_hostile_text_keeps_nothing_busy(body: str) -> None:
    assert folded(body) == body
