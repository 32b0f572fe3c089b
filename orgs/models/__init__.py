from orgs.models.account import User
from orgs.models.domain import Domain
from orgs.models.membership import AUTHORITY_ROLES, CSO_ROLES, Invitation, Membership, ReviewerAppointment
from orgs.models.organisation import KINDS_OF_SECTOR, Capacity, Organisation, OrganisationContact, Service
from orgs.models.passing import KeptForm, SentForm
from orgs.models.public_page import PublicChange, PublicPage
from orgs.models.registration import Registration
from orgs.models.territory import Territory, TerritoryClosure, TerritoryOutline, TerritoryScheme, TerritorySuccession
from orgs.models.territory_import import TerritoryImport
from orgs.models.verification import Verification, VerificationAnswer

__all__ = [
    "AUTHORITY_ROLES",
    "CSO_ROLES",
    "KINDS_OF_SECTOR",
    "Capacity",
    "Domain",
    "Invitation",
    "KeptForm",
    "Membership",
    "Organisation",
    "OrganisationContact",
    "PublicChange",
    "PublicPage",
    "Registration",
    "ReviewerAppointment",
    "SentForm",
    "Service",
    "Territory",
    "TerritoryClosure",
    "TerritoryImport",
    "TerritoryOutline",
    "TerritoryScheme",
    "TerritorySuccession",
    "User",
    "Verification",
    "VerificationAnswer",
]
