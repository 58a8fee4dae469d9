"""The businesses of manual 五 that are not lists: target of a transfer, profile, rates, closing; and who did what."""

from __future__ import annotations

from collections.abc import Mapping

from hpf.collection.v1 import collection_events_pb2 as events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.collection.v1.collection_service_pb2_grpc import CollectionServiceStub
from hpf.common.v1.business_pb2 import Business

from client.calls import Caller
from client.submission import Submitter

#: The only number among the profile's fields.
PAY_DAY = "pay_day"


class EmployerBusinesses:
    """Part of `Hall`; every refusal is a HallError."""

    _caller: Caller
    _submitter: Submitter
    _collection: CollectionServiceStub

    def target_employer(self, employer_no: str) -> collection.LookUpTargetEmployerResponse:
        """转入单位名称, 转入账户机构, 转入单位账户状态."""
        request = collection.LookUpTargetEmployerRequest(employer_no=employer_no)
        reply: collection.LookUpTargetEmployerResponse = self._caller.call(
            self._collection.LookUpTargetEmployer, request
        )
        return reply

    def profile(self) -> collection.GetProfileResponse:
        """The profile with personal data masked, and the codes to choose from."""
        reply: collection.GetProfileResponse = self._caller.call(
            self._collection.GetProfile, collection.GetProfileRequest()
        )
        return reply

    def change_profile(self, fields: Mapping[str, str]) -> collection.ChangeProfileResponse:
        """单位基本资料变更 of the named fields only."""
        profile = collection.EmployerProfile()
        known = [name for name in fields if name in profile.DESCRIPTOR.fields_by_name]
        for name in known:
            text = fields[name]
            setattr(profile, name, int(text or 0) if name == PAY_DAY else text)
        # An unknown field travels by its name only: the hall says what is wrong with it.
        request = collection.ChangeProfileRequest(profile=profile, fields=list(fields))
        reply: collection.ChangeProfileResponse = self._submitter.submit(
            self._collection.ChangeProfile, request, owner="collection"
        )
        return reply

    def change_rates(
        self, limits: events.RateLimits, *, effective_month: int = 0
    ) -> collection.ChangeRatesResponse:
        """缴存比例调整 from a month on; 0 is the next month due."""
        request = collection.ChangeRatesRequest(limits=limits, effective_month=effective_month)
        reply: collection.ChangeRatesResponse = self._submitter.submit(
            self._collection.ChangeRates, request, owner="collection"
        )
        return reply

    def close_employer(self, close_reason: str) -> Business:
        """单位注销. The answer may still be PENDING: see `outcome`.

        The session ends with the employer; what is left of its access token is the time in which the receipt can be
        downloaded, so that begins anew.
        """
        self._caller.renew_session()
        request = collection.CloseEmployerRequest(close_reason=close_reason)
        business: Business = self._submitter.submit(
            self._collection.CloseEmployer, request, owner="collection"
        ).business
        return business
