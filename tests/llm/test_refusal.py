"""Refusals: who says no to the asker, and who only uses the words."""

from __future__ import annotations

import pytest

from aiops.signals.content.refusal import refusal, scan
from aiops.signals.content.text import packed

REFUSALS = [
    "Sorry, I can't help you with that.",
    "I'm not comfortable writing this kind of story.",
    "I must respectfully decline to answer.",
    "That would violate our policies, so I won't continue.",
    "It is not appropriate for me to comment on this.",
    "I’d rather not share that.",
    "My guidelines do not let me discuss this.",
    "As an AI, I am unable to open your mailbox, so I cannot read it to you.",
    "Tut mir leid, dabei kann ich nicht helfen.",
    "Je ne peux malheureusement pas répondre à cette question.",
    "Lo siento, no puedo ayudarte con eso.",
    "Non posso fornire queste informazioni.",
    "Não posso ajudar com esse pedido.",
    "К сожалению, я не могу помочь с этим.",
    "抱歉，我无法提供这些信息。",
    "申し訳ありませんが、お手伝いできません。",
    "죄송하지만 도와드릴 수 없습니다.",
    "لا أستطيع مساعدتك في هذا.",
]
ANSWERS = [
    "I can't find an error in this function; it is correct.",
    "I can't thank you enough for the photos! Here is the album.",
    "Unfortunately the shop is closed today. It opens at nine.",
    "The ministry refused to answer questions about the report.",
    'You could write: "I am sorry, but I cannot help you with that."',
    "The function cannot return None, because every branch has a value.",
    "I apologise for the mix-up: the sum is 17.",
    "Users must not share passwords; the policy forbids it.",
    "Leider regnet es morgen, aber am Sonntag scheint die Sonne.",
    "No se puede dividir por cero.",
    "Die Behörde hat den Antrag abgelehnt.",
    "这个函数不能返回空值。",
]


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_is_told_in_many_languages(answer: str) -> None:
    assert refusal(answer) >= 0.5


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_borrows_the_words_is_none(answer: str) -> None:
    assert refusal(answer) < 0.5


def test_an_apology_that_is_followed_by_help_is_less_than_a_refusal() -> None:
    no = "I'm sorry, but I cannot draw a chart."
    helped = no + " However, here is a table of the same numbers:\n| year | sum |\n| 2020 | 4 |"
    assert refusal(helped) < 0.5 <= refusal(no)


def test_words_of_refusal_deep_inside_an_answer_do_not_count() -> None:
    assert refusal("The harbour was busy that day, and the boats were late. " * 20 + REFUSALS[0]) < 0.5


def test_the_batch_agrees_with_each_answer_alone() -> None:
    answers = [*REFUSALS, *ANSWERS, ""]
    assert scan(packed(answers), answers).tolist() == [refusal(answer) for answer in answers]
