"""The steps of a large import that a worker takes: in whose name, and what becomes of one that is not taken."""

from collections.abc import Callable
from contextlib import nullcontext
from itertools import product
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from indicators import tasks
from indicators.imports import actions as imports
from indicators.imports import steps
from indicators.imports.messages import OF_A_STEP, message_text
from indicators.models import ImportBatch, ImportMessage, Observation
from indicators.models.importing import NEXT, ImportState
from orgs.models import Membership, User
from tests.factories_indicators import StewardFactory
from tests.indicators.land import MAPPING, Land, table
from tests.pages import words_of

pytestmark = pytest.mark.django_db
State = ImportState
FILE = table(("N1", 2017, "all", 50))
STEPS: dict[str, Callable[..., ImportBatch]] = {
    State.STORING: imports.store_import,
    State.APPROVING: imports.approve_import,
    State.UNDOING: imports.undo_import,
}
BEFORE = {State.STORING: State.CHECKED, State.APPROVING: State.STORED, State.UNDOING: State.APPROVED}
AFTER = {State.STORING: State.STORED, State.APPROVING: State.APPROVED, State.UNDOING: State.UNDONE}


@pytest.fixture
def steward(land: Land, monkeypatch: pytest.MonkeyPatch) -> Membership:
    """One of two stewards of the city, where every file is large."""
    monkeypatch.setattr(imports, "LARGE", 10)
    first: Membership = StewardFactory(organisation__territory=land.territories["CITY"])
    return first


@pytest.fixture
def other(steward: Membership) -> User:
    """The other, who brings the files in."""
    second: Membership = StewardFactory(organisation=steward.organisation)
    return second.user


@pytest.fixture
def asked(steward: Membership, other: User) -> Callable[[str], ImportBatch]:
    """An import of which the first steward has asked for the step; the steps before it are the other's."""

    def bring(step: str) -> ImportBatch:
        file = SimpleUploadedFile("figures.csv", FILE)
        batch = imports.ingest(file=file, mapping=MAPPING, authority=steward.organisation, by=other)
        if step != State.STORING:
            imports.store_import(batch=batch, by=other)
        if step == State.UNDOING:
            imports.approve_import(batch=batch, by=other)
        left = STEPS[step](batch=batch, by=steward.user, from_page=True)
        assert left.state == step
        return left

    return bring


def worked(batch: ImportBatch) -> ImportBatch:
    tasks.work_on_imports()
    batch.refresh_from_db()
    return batch


@pytest.mark.parametrize("step", STEPS)
def test_worker_takes_the_step_in_the_name_of_who_asked(
    asked: Callable[[str], ImportBatch], steward: Membership, other: User, step: str
) -> None:
    batch = worked(asked(step))
    assert batch.state == AFTER[ImportState(step)]
    assert batch.decided_by == (None if step == State.STORING else steward.user)
    if step == State.APPROVING:
        assert Observation.objects.approved().get(batch=batch).approved_by == steward.user
    if step == State.UNDOING:
        assert not Observation.objects.approved().filter(batch=batch).exists()
        assert Observation.objects.get(batch=batch).approved_by == other


@pytest.mark.parametrize("step", STEPS)
def test_a_second_press_changes_nothing(
    asked: Callable[[str], ImportBatch], steward: Membership, client: Client, step: str
) -> None:
    batch = asked(step)
    client.force_login(steward.user)
    name = {State.STORING: "store", State.APPROVING: "approve", State.UNDOING: "undo"}[ImportState(step)]
    page = client.post(reverse(f"indicators:import_{name}", args=[batch.pk]), follow=True).content.decode()
    assert "This import is already in the state" in words_of(page)
    assert worked(batch).state == AFTER[ImportState(step)]


@pytest.mark.parametrize("step", STEPS)
def test_who_may_not_decide_any_more_has_decided_nothing(
    asked: Callable[[str], ImportBatch], steward: Membership, other: User, client: Client, step: str
) -> None:
    batch = asked(step)
    steward.delete()
    assert worked(batch).state == BEFORE[ImportState(step)]
    assert batch.decided_by == (other if step == State.UNDOING else None)
    assert [message.code for message in batch.messages.all()] == ["not_allowed"]
    assert Observation.objects.approved().filter(batch=batch).exists() == (step == State.UNDOING)
    User.objects.filter(pk=other.pk).update(language="es")
    client.force_login(other)
    page = words_of(client.get(batch.get_absolute_url()).content.decode())
    assert "La persona que pidió este paso ya no puede decidir" in page


def test_what_is_found_meanwhile_refuses_the_approval_and_is_told(
    land: Land, asked: Callable[[str], ImportBatch], steward: Membership, other: User, client: Client
) -> None:
    batch = asked(State.APPROVING)
    land.observe("N1", "2016", 5000)  # Now 50 is a fall by 99 %.
    assert worked(batch).state == State.STORED
    assert batch.findings.open().exists()
    assert [message.code for message in batch.messages.all()] == ["findings"]
    for user in (steward.user, other):  # Whether or not one may read the figures themselves.
        client.force_login(user)
        page = words_of(client.get(batch.get_absolute_url()).content.decode())
        assert "The last step could not be completed" in page
        assert "accept them with a reason" in page
    assert not Observation.objects.approved().filter(batch=batch).exists()


def test_figures_that_lie_elsewhere_meanwhile_are_not_approved(
    land: Land, asked: Callable[[str], ImportBatch], steward: Membership
) -> None:
    batch = asked(State.APPROVING)
    steward.organisation.territory = land.territories["D2"]
    steward.organisation.save()
    assert worked(batch).state == State.STORED
    message = batch.messages.get()
    assert (message.code, message.value) == ("elsewhere", str(steward.organisation))


def test_a_file_that_came_in_by_another_import_meanwhile_is_not_stored_twice(
    asked: Callable[[str], ImportBatch], other: User
) -> None:
    batch = asked(State.STORING)
    file = SimpleUploadedFile("figures.csv", FILE)
    first = imports.ingest(file=file, mapping=MAPPING, authority=batch.authority, by=other, store=True)
    assert worked(batch).state == State.CHECKED
    message = batch.messages.get()
    assert (message.code, message.value) == ("same_file", str(first.pk))
    assert not batch.observations.exists()


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_is_tried_again(
    asked: Callable[[str], ImportBatch], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    batch = asked(step)
    name = {State.STORING: "store_checked", State.APPROVING: "approve", State.UNDOING: "undo"}[ImportState(step)]
    with monkeypatch.context() as broken:
        broken.setattr(steps, name, fails)
        assert worked(batch).state == step
    assert worked(batch).state == AFTER[ImportState(step)]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_always_fails_is_given_up_and_leaves_what_was(
    asked: Callable[[str], ImportBatch],
    other: User,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    batch = asked(step)
    name = {State.STORING: "store_checked", State.APPROVING: "approve", State.UNDOING: "undo"}[ImportState(step)]
    before = list(batch.observations.values_list("status", "approved_by"))
    with monkeypatch.context() as broken:
        broken.setattr(steps, name, fails)
        for _attempt in range(ImportBatch.MAX_ATTEMPTS + 1):
            worked(batch)
    assert batch.state == BEFORE[ImportState(step)]
    assert batch.decided_by == (other if step == State.UNDOING else None)
    assert list(batch.observations.values_list("status", "approved_by")) == before
    client.force_login(other)
    assert "It failed three times" in words_of(client.get(batch.get_absolute_url()).content.decode())
    STEPS[step](batch=batch, by=other)
    batch.refresh_from_db()
    assert (batch.state, batch.messages.count()) == (AFTER[ImportState(step)], 0)


def fails(*_args: Any) -> None:
    raise DatabaseError("the disk is full")


def test_every_reason_that_is_kept_has_its_sentence() -> None:
    with translation.override("es"):
        sentences = {message_text(ImportMessage(code=code, value="Sample")) for code in OF_A_STEP}
    assert len(sentences) == len(OF_A_STEP)


@pytest.mark.parametrize(("before", "after"), list(product(State.values, State.values)))
def test_the_database_takes_the_steps_of_the_table_and_no_other(land: Land, before: str, after: str) -> None:
    batch = ImportBatch.objects.create(
        mapping={}, file_name="figures.csv", size=1, checksum="0", state=before, source=land.source
    )
    is_a_step = before == after or after in NEXT.get(ImportState(before), ())
    refusal = nullcontext() if is_a_step else pytest.raises(DatabaseError, match="Invalid transition")
    with refusal, transaction.atomic():
        ImportBatch.objects.filter(pk=batch.pk).update(state=after)


def test_an_import_in_the_hands_of_a_worker_is_taken_by_nobody_else(
    asked: Callable[[str], ImportBatch], other: User
) -> None:
    batch = asked(State.APPROVING)
    for step in STEPS.values():
        with pytest.raises(ValidationError, match="already in the state"):
            step(batch=batch, by=other)
