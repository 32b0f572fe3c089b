from partnerships.forms.assessment import ClaimForm, ExperienceForm, PeriodForm, ReviewForm
from partnerships.forms.library import LinkPracticeForm, MeetingForm, NewMeetingForm, PracticeForm, SeatForm, TableForm
from partnerships.forms.partnership import AnswerForm, EndForm, PartnershipForm, authorities_of
from partnerships.forms.records import ActivityForm, ContributionForm, DocumentForm

__all__ = [
    "ActivityForm",
    "AnswerForm",
    "ClaimForm",
    "ContributionForm",
    "DocumentForm",
    "EndForm",
    "ExperienceForm",
    "LinkPracticeForm",
    "MeetingForm",
    "NewMeetingForm",
    "PartnershipForm",
    "PeriodForm",
    "PracticeForm",
    "ReviewForm",
    "SeatForm",
    "TableForm",
    "authorities_of",
]
