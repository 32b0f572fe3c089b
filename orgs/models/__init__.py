from orgs.models.account import User
from orgs.models.affiliation import Affiliation
from orgs.models.capacity import Capacity, CapacityMatch
from orgs.models.closing import OrganisationClosing
from orgs.models.conditions import holding_on
from orgs.models.contact import OrganisationContact
from orgs.models.domain import Domain
from orgs.models.identifier import OrganisationIdentifier
from orgs.models.listing import JoinRequest, Listing
from orgs.models.measure import Measure
from orgs.models.membership import (
    AUTHORITY_ROLES,
    CSO_ROLES,
    Invitation,
    InvitationState,
    Membership,
    ReviewerAppointment,
    ReviewerDigest,
)
from orgs.models.merge import OrganisationMerge
from orgs.models.need import VoicedNeed
from orgs.models.organisation import (
    AUTHORITY_KINDS,
    KINDS_OF_SECTOR,
    FieldOfWork,
    Organisation,
)
from orgs.models.organisation_import import ImportedOrganisation, OrganisationImport, OrganisationMapping
from orgs.models.passing import KeptForm, SentForm
from orgs.models.portal import Portal
from orgs.models.proposal import PROTECTED_FACTS, ProposedChange
from orgs.models.public_page import PublicChange, PublicPage
from orgs.models.reach import TerritoryReach
from orgs.models.registration import Registration
from orgs.models.remark import Remark
from orgs.models.renewal import Renewal, RenewalReminder
from orgs.models.reviewed_profile import ReviewedProfile
from orgs.models.service_type import ServiceType, ServiceTypeWord
from orgs.models.services import REACHABLE, ClosedDays, OpeningTime, Service
from orgs.models.shipped import ShippedEntry
from orgs.models.support import Sponsorship, Vouching, are_enough
from orgs.models.territory import Territory, TerritoryClosure, TerritoryOutline, TerritoryScheme, TerritorySuccession
from orgs.models.territory_import import TerritoryImport
from orgs.models.verification import Verification, VerificationAnswer
from orgs.models.verification_rules import VerificationRules
from orgs.models.volunteering import VolunteerOpportunity
from orgs.models.worker_task import WorkerTask

__all__ = [
    "AUTHORITY_KINDS",
    "AUTHORITY_ROLES",
    "CSO_ROLES",
    "KINDS_OF_SECTOR",
    "PROTECTED_FACTS",
    "REACHABLE",
    "Affiliation",
    "Capacity",
    "CapacityMatch",
    "ClosedDays",
    "Domain",
    "FieldOfWork",
    "ImportedOrganisation",
    "Invitation",
    "InvitationState",
    "JoinRequest",
    "KeptForm",
    "Listing",
    "Measure",
    "Membership",
    "OpeningTime",
    "Organisation",
    "OrganisationClosing",
    "OrganisationContact",
    "OrganisationIdentifier",
    "OrganisationImport",
    "OrganisationMapping",
    "OrganisationMerge",
    "Portal",
    "ProposedChange",
    "PublicChange",
    "PublicPage",
    "Registration",
    "Remark",
    "Renewal",
    "RenewalReminder",
    "ReviewedProfile",
    "ReviewerAppointment",
    "ReviewerDigest",
    "SentForm",
    "Service",
    "ServiceType",
    "ServiceTypeWord",
    "ShippedEntry",
    "Sponsorship",
    "Territory",
    "TerritoryClosure",
    "TerritoryImport",
    "TerritoryOutline",
    "TerritoryReach",
    "TerritoryScheme",
    "TerritorySuccession",
    "User",
    "Verification",
    "VerificationAnswer",
    "VerificationRules",
    "VoicedNeed",
    "VolunteerOpportunity",
    "Vouching",
    "WorkerTask",
    "are_enough",
    "holding_on",
]
