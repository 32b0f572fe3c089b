"""Every address of the portal and every kind of person: who is shown a page, who is turned away, and who may change something.

Each letter of a row is what one kind of person gets, in the order of `tests.world.USERS`:

    anonymous, outsider · owner, editor, viewer of the association, owner of another · officer, manager, steward, reader of the city
    council, officer and steward of another authority · reviewer, reviewer who belongs to the association, administrator

    P a page   R done, and led on   L to the log-in   F forbidden (403)   N does not exist for them (404)   M not that method (405)   G recalled, gone for good (410)

POST is sent without any field: where it is allowed, the answer is the form with its errors or the change itself. An address that is
missing from the table fails the tests, and so does a row without an address. The administration has one rule: administrators only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.core import signing
from django.forms import BaseModelForm
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import ContextList
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from orgs.listing.actions import JOIN_SALT
from orgs.members.actions import INVITATION_SALT, OPT_OUT_SALT
from orgs.services.actions import token_of
from tests.rights import asked_of
from tests.world import USERS, World

TABLE = """
    # URL                                    of                GET                 POST
    home                                     -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    search                                   -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    about                                    -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    data_licence                             -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    accessibility                            -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    privacy                                  -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    robots                                   -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    favicon                                  -                 RR RRRR RRRRR RRR   MM MMMM MMMMM MMM
    healthz                                  -                 PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    set_language                             -                 RR RRRR RRRRR RRR   RR RRRR RRRRR RRR
    styleguide                               -                 FF FFFF FFFFF FFP   FF FFFF FFFFF FFP
    styleguide_outlines                      -                 FF FFFF FFFFF FFP   FF FFFF FFFFF FFP
    administration                           -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    administrator_first                      -                 NN NNNN NNNNN NNN   NN NNNN NNNNN NNN
    portal_edit                              -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    organisation_detail                      association       PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    organisation_detail                      hidden            NN NNNN NNNNN PPP   MM MMMM MMMMM MMM
    territory_detail                         city              PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:organisation_list                   -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:service_search                      -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:service_map                         -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:my_organisations                    -                 LP PPPP PPPPP PPP   LM MMMM MMMMM MMM
    orgs:registration_start                  -                 PP PPPP PPPPP PPP   RR RRRR RRRRR RRR
    orgs:registration_tasks                  -                 RR RRRR RRRRR RRR   RR RRRR RRRRR RRR
    orgs:registration_page                   page              RR RRRR RRRRR RRR   RR RRRR RRRRR RRR
    orgs:registration_check                  -                 RR RRRR RRRRR RRR   RR RRRR RRRRR RRR
    orgs:registration_sent                   -                 RR RRRR RRRRR RRR   RR RRRR RRRRR RRR
    orgs:registration_discard                -                 RR RRRR RRRRR RRR   RR RRRR RRRRR RRR
    orgs:registration_confirm                nonsense          NN NNNN NNNNN NNN   NN NNNN NNNNN NNN
    orgs:listing_add                         -                 LF FFFF PPFFP FFP   LF FFFF PPFFP FFP
    orgs:listing_opt_out                     off_letter        PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    orgs:listing_invite                      unclaimed         LF FFFF PPFFP FFP   LF FFFF PPFFP FFP
    orgs:join_add                            unclaimed         PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    orgs:join_add                            association       PP FFFP PPPPP PFP   PP FFFP PPPPP PFP
    orgs:join_sent                           unclaimed         PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:join_confirm                        join_letter       PP PPPP PPPPP PPP   RR RRRR RRRRR RRR
    orgs:join_confirm                        nonsense          NN NNNN NNNNN NNN   NN NNNN NNNNN NNN
    orgs:join_decide                         asked             LN NNNN NNNNN PPP   LN NNNN NNNNN PPP
    orgs:join_decide                         asked_of_ours     LN PNNN NNNNN NNN   LN PNNN NNNNN NNN
    orgs:join_withdraw                       asked             LM MMMM MMMMM MMM   LR NNNN NNNNN NNN
    orgs:organisation_renew                  association       LF PPFF FFFFF FFP   LF RRFF FFFFF FFR
    orgs:measure_add                         association       LF FFFF FFFFF PFF   LF FFFF FFFFF PFF
    orgs:measure_detail                      measure           LN NNNN NNNNN PPP   LN NNNN NNNNN MMM
    orgs:measure_lift                        measure           LN NNNN NNNNN MMM   LN NNNN NNNNN RRF
    orgs:appeal_add                          measure           LN NNNN NNNNN FFF   LN NNNN NNNNN FFF
    orgs:appeal_decide                       measure           LN NNNN NNNNN PPF   LN NNNN NNNNN PPF
    orgs:appeal_queue                        -                 LF FFFF FFFFF PPP   LF FFFF FFFFF MMM
    organisation_merge                       association       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:merge_undo                          merge             LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    orgs:join_queue                          -                 LF FFFF FFFFF PPP   LF FFFF FFFFF MMM
    orgs:organisation_edit                 association       LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:organisation_edit                 hidden            LN NNNN NNNNN FFP   LN NNNN NNNNN FFP
    orgs:organisation_submit                 association       LF PPFF FFFFF FFP   LF RRFF FFFFF FFR
    orgs:contact_edit                      association       LF PPPF FFFFF PPP   LF PPFF FFFFF FFP
    orgs:contact_edit                      hidden            LN NNNN NNNNN PPP   LN NNNN NNNNN FFP
    orgs:service_list                        association       LF PPFF FFFFF FFP   LF MMFF FFFFF FFM
    orgs:service_add                      association       LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:service_edit                      service           LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:service_delete                      service           LF PPFF FFFFF FFP   LF RRFF FFFFF FFR
    remark_add                               -                 PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    remark_made                              -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:remark_list                         -                 LP PPPP PPPPP PPP   LM MMMM MMMMM MMM
    orgs:remark_answer                       remark            LN PNNN NNNNN PNP   LN PNNN NNNNN RNR
    orgs:need_add                            -                 PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    orgs:need_said                           -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:remark_seen                         remark            LM MMMM MMMMM MMM   LN FNNN NNNNN RNR
    orgs:need_queue                          -                 LF FFFF FFFFF PPP   LF FFFF FFFFF MMM
    orgs:need_read                           need              LN NNNN NNNNN PPP   LN NNNN NNNNN PPP
    orgs:coverage                            -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:coverage_file                       -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:organisation_export                 export_format     PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:service_detail                      a_service         PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:service_detail                      unreachable       NN PPPN NNNNN PPP   MM MMMM MMMMM MMM
    orgs:services_confirm                    association       LF MMFF FFFFF FFM   LF RRFF FFFFF FFR
    orgs:services_still_right                services_letter   PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    orgs:opportunity_search                  -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:opportunity_detail                  an_opportunity    PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:opportunity_list                    association       LF PPFF FFFFF FFP   LF MMFF FFFFF FFM
    orgs:opportunity_add                     association       LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:opportunity_edit                    opportunity       LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:opportunity_end                     opportunity       LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:opportunity_delete                  opportunity       LF PPFF FFFFF FFP   LF RRFF FFFFF FFR
    orgs:capacity_search                     -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:match_list                          association       LF PPFF FFFFF FFP   LF MMFF FFFFF FFM
    orgs:match_add                           possible_match    LF PPFF FFFFF FFP   LF RRFF FFFFF FFR
    orgs:match_answer                        match             LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:match_done                          match             LF MMFF FFFFF FFM   LF RRFF FFFFF FFR
    organisation_close_own                   association       LF PFFF FFFFF FFF   LF PFFF FFFFF FFF
    orgs:support                             association       LF PPFF FFFFF FFP   LF MMFF FFFFF FFM
    orgs:support                             group             LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:affiliation_list                    association       LF PPFF FFFFF FFP   LF MMFF FFFFF FFM
    orgs:affiliation_answer                  affiliate         LN MNNN NNNNN NNN   LN RNNN NNNNN NNN
    orgs:affiliation_answer                  affiliation       LN NNNN NNNNN NNN   LN NNNN NNNNN NNN
    orgs:affiliation_end                     affiliate         LN MNNN NNNNN NNN   LN RNNN NNNNN NNN
    orgs:affiliation_end                     affiliation       LN MMNN NNNNN NNM   LN RRNN NNNNN NNR
    orgs:vouch                               group             LF FFFF PPFFP FFF   LF FFFF PPFFP FFF
    orgs:vouching_ask                        group             LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:vouching_answer                     vouching          LF PFFF FFFFF FFF   LF PFFF FFFFF FFF
    orgs:vouching_withdraw                   vouching          LF MFFF FFFFF FFF   LF RFFF FFFFF FFF
    orgs:sponsorship_add                     association       LF PFFF FFFFF FFF   LF PFFF FFFFF FFF
    orgs:sponsorship_answer                  sponsorship       LF PFFF FFFFF FFF   LF PFFF FFFFF FFF
    orgs:sponsorship_end                     sponsorship       LF MFFF FFFFF FFF   LF RFFF FFFFF FFF
    orgs:capacity_list                       association       LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:capacity_edit                       capacity          LF PPFF FFFFF FFP   LF PPFF FFFFF FFP
    orgs:match_withdraw                      match             LF MMFF FFFFF FFM   LF FFFF FFFFF FFR
    orgs:capacity_delete                     capacity          LF MMFF FFFFF FFM   LF RRFF FFFFF FFR
    orgs:member_list                         association       LF PPPF FFFFF FPP   LF MMMF FFFFF FMM
    orgs:member_list                         hidden            LN NNNN NNNNN FFP   LN NNNN NNNNN FFM
    orgs:member_invite                       association       LF PFFF FFFFF FFP   LF PFFF FFFFF FFP
    orgs:member_role                         member            LF PFFF FFFFF FFP   LF PFFF FFFFF FFP
    orgs:member_end                          member            LF PFFF FFFFF FFP   LF RFFF FFFFF FFR
    orgs:invitation_withdraw                 invitation        LF MFFF FFFFF FFM   LF RFFF FFFFF FFR
    orgs:invitation_resend                   invitation        LF MFFF FFFFF FFM   LF RFFF FFFFF FFR
    orgs:invitation_detail                          letter            PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    orgs:review_queue                        -                 LF FFFF FFFFF PPP   LF FFFF FFFFF MMM
    orgs:verification_review                 verification      LF FFFF FFFFF PPP   LF FFFF FFFFF PPF
    orgs:verification_review                 own_verification  LF FFFF FFFFF PNP   LF FFFF FFFFF PNF
    orgs:unreviewed_list                     -                 LF FFFF FFFFF PPP   LF FFFF FFFFF MMM
    orgs:unreviewed_seen                     reviewed          LF FFFF FFFFF MMM   LF FFFF FFFFF RNF
    orgs:change_queue                        -                 LF FFFF FFFFF PPP   LF FFFF FFFFF MMM
    orgs:change_review                       change            LF FFFF FFFFF PNP   LF FFFF FFFFF PNF
    orgs:change_withdraw                     change_of_ours    LF MMFF FFFFF FFM   LF RRFF FFFFF FFR
    orgs:account_list                        -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:account_add                         -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:account_detail                      account           LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:account_edit                        account           LF FFFF FFFFF FFR   LF FFFF FFFFF FFR
    orgs:account_close                       account           LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    orgs:account_reopen                      account           LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:password_link                       account           LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    orgs:second_step_delete                  account           LF FFFF FFFFF FFR   LF FFFF FFFFF FFR
    orgs:administrator_appoint               account           LF FFFF FFFFF FFR   LF FFFF FFFFF FFR
    orgs:administrator_dismiss               account           LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:authority_list                      -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:authority_add                       -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:registry_list                       -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    organisation_manage                      association       LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    organisation_manage                      hidden            LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:kind_edit                           association       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:leader_invite                       association       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    organisation_close                       association       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    organisation_reopen                      association       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:appointment_list                    -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:appointment_add                     -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:appointment_end                     appointment       LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    orgs:review_invitation_resend            to_review         LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    orgs:review_invitation_withdraw          to_review         LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    orgs:verification_rules                  -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:domain_list                         -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:domain_add                          -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:domain_edit                         domain            LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:domain_delete                       domain            LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:service_type_list                   -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:service_type_add                    -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:service_type_edit                   service_type      LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:service_type_retire                 service_type      LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    orgs:service_type_restore                service_type      LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    orgs:service_type_delete                 service_type      LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    schedule_list                            -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    schedule_edit                            task              LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    schedule_switch                          task              LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    mail_list                                -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    mail_retry                               -                 LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    mail_give_up                             -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    queue_list                               -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:scheme_list                         -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:scheme_add                          -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:scheme_edit                         scheme            LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_list                          scheme            LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:place_add                           scheme            LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_detail                        place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:place_rename                        place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_move                          place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_correct                       place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_end                           place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_shares                        place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_delete                        place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_merge                         place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_split                         place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_outline                       place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:place_pass_code                     place_in_scheme   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:territory_import_list               scheme            LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:territory_import_add                scheme            LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:territory_import_detail             places_file       LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:territory_import_map                places_file       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:territory_import_store              places_file       LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    orgs:territory_import_problems           places_file       LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:organisation_import_list            -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:organisation_import_add             -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:organisation_import_detail          organisations_file LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:organisation_import_columns         organisations_file LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:organisation_import_mapping         organisations_file LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:organisation_mapping_list           -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:organisation_mapping_edit           organisations_mapping LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    orgs:organisation_mapping_delete         organisations_mapping LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    orgs:organisation_import_store           organisations_file LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    orgs:organisation_import_undo            organisations_file LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    orgs:organisation_import_problems        organisations_file LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    orgs:lookup_territories                  -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:lookup_organisations                -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    orgs:lookup_registers                    -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:territory_list                -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:provision                     city              PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:provision_file                city              PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:territory_outlines            city              PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:indicator_list                -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:indicator_add              -                 LF FFFF FPPFP FFP   LF FFFF FPPFP FFP
    indicators:indicator_detail                     indicator         PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:indicator_edit                indicator         LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:indicator_edit                owned             LF FFFF FPPFF FFP   LF FFFF FPPFF FFP
    indicators:indicator_retire              indicator         LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    indicators:indicator_retire              owned             LF FFFF FPPFF FFP   LF FFFF FRRFF FFR
    indicators:indicator_restore             indicator         LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    indicators:definition_check              indicator         LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    indicators:protection_decide             indicator         LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    indicators:protection_decide             owned             LF FFFF FMMFF FFM   LF FFFF FRRFF FFR
    indicators:indicator_chart               indicator         PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:indicator_history             indicator         PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:compare                       indicator         PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:compare_chart                 indicator         NN NNNN NNNNN NNN   MM MMMM MMMMM MMM
    indicators:target_add                 place             LF FFFF FPPFF FFP   LF FFFF FPPFF FFP
    indicators:target_delete                 target            LF FFFF FMMFF FFM   LF FFFF FRRFF FFR
    indicators:figure_detail                        figure            PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:worklist                          -                 LF FFFF FPPFP FFP   LF FFFF FMMFM FFM
    indicators:import_list                   -                 LF FFFF FPPFP FFP   LF FFFF FMMFM FFM
    indicators:import_add                 -                 LF FFFF FPPFP FFP   LF FFFF FPPFP FFP
    indicators:import_detail                 stored            LF FFFF FPPFN FFP   LF FFFF FMMFM FFM
    indicators:import_store                  checked           LF FFFF FMMFM FFM   LF FFFF FRRFN FFR
    indicators:import_approve                stored            LF FFFF FMMFM FFM   LF FFFF FRRFN FFR
    indicators:findings_accept               odd               LF FFFF FMMFM FFM   LF FFFF FRRFN FFR
    indicators:import_undo                   approved          LF FFFF FMMFM FFM   LF FFFF FRRFN FFR
    indicators:import_progress               stored            LF FFFF FPPFN FFP   LF FFFF FMMFM FFM
    indicators:import_map                    described         LF FFFF FRPFN FFR   LF FFFF FRPFN FFR
    indicators:mapping_save                  stored            LF FFFF FMMFM FFM   LF FFFF FRRFN FFR
    indicators:refused_rows                  refused           LF FFFF FRPFN FFR   LF FFFF FRMFN FFR
    indicators:import_messages               refused           LF FFFF FRPFN FFR   LF FFFF FRMFN FFR
    indicators:batch_access                  stored            LF FFFF FPPFN FFP   LF FFFF FPPFN FFP
    indicators:entry                         -                 LF FFFF FPPFP FFP   LF FFFF FPPFP FFP
    indicators:report_list                   -                 LF PPPP PPPPP FPP   LF MMMM MMMMM FMM
    indicators:request_add                    -                 LF FFFF FPPFP FFP   LF FFFF FPPFP FFP
    indicators:report_detail                 owed              LF PPPN NPPNN FPP   LF MMMM MMMMM FMM
    indicators:report_answer                 owed              LF PPFN NFFNN FFF   LF PPFN NFFNN FFF
    indicators:report_workbook                  owed              LF PPFN NFFNN FFF   LF MMMM MMMMM FMM
    indicators:report_upload                 owed              LF PPFN NFFNN FFF   LF PPFN NFFNN FFF
    indicators:report_approve                sent              LF MMMM MMMMM FMM   LF FFFN NRRNN FFR
    indicators:report_return                 sent              LF MMMM MMMMM FMM   LF FFFN NRRNN FFR
    indicators:request_withdraw              request           LF FFFF FMMFM FFM   LF FFFF FRRFN FFR
    indicators:mapping_list                  -                 LF FFFF FPPFP FFP   LF FFFF FMMFM FFM
    indicators:mapping_edit                  mapping           LF FFFF FPPFP FFP   LF FFFF FPPFP FFP
    indicators:mapping_delete                mapping           LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    indicators:mapping_template              mapping           LF FFFF FPPFP FFP   LF FFFF FMMFM FFM
    indicators:mapping_download                       mapping           LF FFFF FPPFP FFP   LF FFFF FMMFM FFM
    indicators:dimension_list                -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    indicators:dimension_add                 -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:dimension_edit                dimension         LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:dimension_delete              dimension         LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:category_list                 dimension         LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    indicators:category_add                  dimension         LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:category_edit                 category          LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:category_delete               category          LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:identity_add                  category          LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:identity_delete               identity          LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    indicators:list_history                  history           LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    indicators:quality_rules                 -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:source_list                   -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    indicators:source_add                    -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:source_edit                   source            LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:source_delete                 source            LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    indicators:run_list                      -                 LF FFFF FPPFP FFP   LF FFFF FMMFM FFM
    indicators:slice_retry                   slice             LF FFFF FFFFF FFM   LF FFFF FFFFF FFR
    indicators:release_list                  -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:release_add                -                 LF FFFF FPPFP FFP   LF FFFF FPPFP FFP
    indicators:release_detail                       published         PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:release_detail                       previewed         NN NNNN NPPNP NNP   MM MMMM MMMMM MMM
    indicators:release_approve               previewed         LF FFFF FMMFM FFM   LF FFFF FRRFF FFR
    indicators:release_discard               previewed         LF FFFF FMMFM FFM   LF FFFF FRRFF FFR
    indicators:release_recall                published         LF FFFF FPPFF FFP   LF FFFF FPPFF FFP
    indicators:release_detail                       recalled          GG GGGG GGGGG GGG   MM MMMM MMMMM MMM
    indicators:release_download              recalled_file     GG GGGG GGGGG GGG   MM MMMM MMMMM MMM
    indicators:release_download              released_file     PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    indicators:release_download              previewed_file    NN NNNN NNNNN NNN   MM MMMM MMMMM MMM
    indicators:confidential_access                   confidential_figures      LF FFFF FPPFF FFP   LF FFFF FPPFF FFP
    indicators:confidential_viewing_list             -                 LF FFFF FPFFF FFP   LF FFFF FMFFF FFM
    partnerships:partnership_list            -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    partnerships:partnership_add          -                 LF FFFF PPFFP FFF   LF FFFF PPFFP FFF
    partnerships:partnership_detail          running           PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    partnerships:partnership_detail          proposed          NN PPPN PPPPN PPP   MM MMMM MMMMM MMM
    partnerships:partnership_detail          draft             NN NNNN PPPPN NNP   MM MMMM MMMMM MMM
    partnerships:partnership_edit            running           LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:partnership_propose         draft             LN NNNN MMFFN NNF   LN NNNN RRFFN NNF
    partnerships:partnership_delete          draft             LN NNNN MMFFN NNF   LN NNNN RRFFN NNF
    partnerships:partnership_end             running           LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:partnership_answer          proposed_party    LN PPFN FFFFN FFF   LN PPFN FFFFN FFF
    partnerships:activity_add             running           LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:contribution_add         running           LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:document_add             running           LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:document_download           document          NN PPPN PPPPN PPP   MM MMMM MMMMM MMM
    partnerships:document_download           paper             PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    partnerships:record_delete               record            LF FFFF PPFFF FFF   LF FFFF RRFFF FFF
    partnerships:record_edit                 record            LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:assessment_add           settled           LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:assessment_detail           assessment        LN NNNN PPPPN NNP   LN NNNN PPFFN NNF
    partnerships:assessment_detail           claim             LN PPPN PPPPN PPP   LN FFFN PPFFN FFF
    partnerships:assessment_evidence         assessment        LN NNNN MMFFN NNF   LN NNNN RRFFN NNF
    partnerships:assessment_discard          assessment        LN NNNN MMFFN NNF   LN NNNN RRFFN NNF
    partnerships:experience_edit             assessment_party  LN PPFN NNNNN NFN   LN PPFN NNNNN NFN
    partnerships:assessment_queue            -                 LF FFFF FFFFF PPP   LF FFFF FFFFF MMM
    partnerships:assessment_review           claim             LN NNNN NNNNN PNN   LN NNNN NNNNN PNN
    partnerships:organisation_partnerships   association       PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    partnerships:isolated_organisations      -                 LF FFFF PPFFP FFF   LF FFFF MMFFM FFF
    partnerships:scale_list                  -                 LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    partnerships:scale_detail                a_scale           LF FFFF FFFFF FFP   LF FFFF FFFFF FFM
    partnerships:scale_edit                  a_scale           LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:scale_copy                  a_scale           LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:scale_use                   draft_scale       LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    partnerships:scale_delete               draft_scale       LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    partnerships:level_edit                  a_level           LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:level_edit                  draft_level       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:level_add                   a_scale           LF FFFF FFFFF FFF   LF FFFF FFFFF FFF
    partnerships:level_add                   draft_scale       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:level_delete                a_level           LF FFFF FFFFF FFF   LF FFFF FFFFF FFF
    partnerships:level_delete                draft_level       LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    partnerships:criterion_edit              a_criterion       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:criterion_edit              draft_criterion   LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:criterion_add               a_level           LF FFFF FFFFF FFF   LF FFFF FFFFF FFF
    partnerships:criterion_add               draft_level       LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:criterion_delete            a_criterion       LF FFFF FFFFF FFF   LF FFFF FFFFF FFF
    partnerships:criterion_delete            draft_criterion   LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    partnerships:practice_list               -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    partnerships:practice_add             -                 LF FFFF PPFFP FFP   LF FFFF PPFFP FFP
    partnerships:practice_detail             practice          PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    partnerships:practice_edit               practice          LF FFFF FFFFF FFP   LF FFFF FFFFF FFP
    partnerships:practice_delete             practice          LF FFFF FFFFF FFP   LF FFFF FFFFF FFR
    partnerships:practice_link               practice          LF FFFF PPFFP FFF   LF FFFF PPFFP FFF
    partnerships:table_list                  -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    partnerships:table_add                -                 LF FFFF PPFFP FFF   LF FFFF PPFFP FFF
    partnerships:table_detail                table             PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    partnerships:seat_add                 table             LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:meeting_add              table             LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    partnerships:meeting_edit                meeting           LF FFFF PPFFF FFF   LF FFFF PPFFF FFF
    account_login                            -                 PR RRRR RRRRR RRR   PR RRRR RRRRR RRR
    account_logout                           -                 RP PPPP PPPPP PPP   RR RRRR RRRRR RRR
    account_signup                           -                 PR RRRR RRRRR RRR   PR RRRR RRRRR RRR
    account_inactive                         -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    account_reauthenticate                   -                 LP PPPP PPPPP PPP   LP PPPP PPPPP PPP
    account_email                            -                 LP PPPP PPPPP PPP   LR RRRR RRRRR RRR
    account_email_verification_sent          -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    account_confirm_email                    nonsense          PP PPPP PPPPP PPP   NN NNNN NNNNN NNN
    account_change_password                  -                 LP PPPP PPPPP PPP   LP PPPP PPPPP PPP
    account_set_password                     -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    account_reset_password                   -                 PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    account_reset_password_done              -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    account_reset_password_from_key          reset             PP PPPP PPPPP PPP   PP PPPP PPPPP PPP
    account_reset_password_from_key_done     -                 PP PPPP PPPPP PPP   MM MMMM MMMMM MMM
    account_request_login_code               -                 PR RRRR RRRRR RRR   PR RRRR RRRRR RRR
    account_confirm_login_code               -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    second_step                              -                 LP PPPP PPPPP PPP   LM MMMM MMMMM MMM
    mfa_index                                -                 LP PPPP PPPPP PPP   LM MMMM MMMMM MMM
    mfa_authenticate                         -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    mfa_reauthenticate                       -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    mfa_activate_totp                        -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    mfa_deactivate_totp                      -                 LN NNNN NNNNN NNN   LN NNNN NNNNN NNN
    mfa_view_recovery_codes                  -                 LN NNNN NNNNN NNN   LM MMMM MMMMM MMM
    mfa_generate_recovery_codes              -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    mfa_download_recovery_codes              -                 LN NNNN NNNNN NNN   LN NNNN NNNNN NNN
    mfa_list_webauthn                        -                 LP PPPP PPPPP PPP   LM MMMM MMMMM MMM
    mfa_add_webauthn                         -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    mfa_edit_webauthn                        number            LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    mfa_remove_webauthn                      number            LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    mfa_reauthenticate_webauthn              -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    mfa_login_webauthn                       -                 LR RRRR RRRRR RRR   LR RRRR RRRRR RRR
    usersessions_list                        -                 LP PPPP PPPPP PPP   LR RRRR RRRRR RRR
"""


def things(world: World, first: World | None = None) -> dict[str, list[Any]]:
    """What stands in an address, by the word in the second column; releases are those of the `first` city's world."""
    association, running = world.association.slug, world.partnership.reference
    known, place = world.things, world.city.code
    of_all = world.things if first is None else first.things
    return {
        "-": [],
        "city": ["test-land", place],
        "scheme": ["test-land"],
        "place_in_scheme": ["test-land", world.city.pk],
        "places_file": ["test-land", known["places_file"].pk],
        "organisations_file": [known["organisations_file"].pk],
        "organisations_mapping": [known["organisations_mapping"].pk],
        "indicator": ["PEOPLE"],
        "owned": [known["owned"]],
        "figure": ["PEOPLE", "test-land", place, "2022"],
        "place": ["PEOPLE", "test-land", place],
        "target": ["PEOPLE", "test-land", place, known["target"].pk],
        "confidential_figures": ["PEOPLE", "test-land", place],
        "released_file": [of_all["published"].pk, "csv"],
        "previewed_file": [of_all["previewed"].pk, "csv"],
        "recalled": [of_all["recalled"].pk],
        "recalled_file": [of_all["recalled"].pk, "csv"],
        "association": [association],
        "hidden": [world.hidden.slug],
        "service": [association, known["service"].pk],
        "domain": [known["service"].domain_id],
        "account": [known["member"].user_id],
        "source": [known["stored"].source_id],
        "dimension": [known["identity"].whole.dimension_id],
        "category": [known["identity"].whole_id],
        "identity": [known["identity"].pk],
        "export_format": ["csv"],
        "history": ["categories"],
        "need": [known["need"].pk],
        "remark": [known["remark"].pk],
        "possible_match": [association, known["capacity"].pk, known["counterpart"].pk],
        "match": [association, known["match"].pk],
        "group": [known["group"].slug],
        "affiliate": [association, known["affiliate"].pk],
        "affiliation": [association, known["affiliation"].pk],
        "vouching": [association, known["vouching"].pk],
        "sponsorship": [association, known["sponsorship"].pk],
        "a_service": [known["service"].pk],
        "an_opportunity": [known["opportunity"].pk],
        "opportunity": [association, known["opportunity"].pk],
        "unreachable": [known["unreachable"].pk],
        "services_letter": [token_of(known["service"].organisation)],
        "capacity": [association, known["capacity"].pk],
        "member": [association, known["member"].pk],
        "invitation": [association, known["invitation"].pk],
        "letter": [signing.dumps(known["invitation"].pk, salt=INVITATION_SALT)],
        "page": ["who"],
        "nonsense": ["nonsense"],
        "verification": [known["verification"].pk],
        "unclaimed": [known["unclaimed"].slug],
        "off_letter": [signing.dumps(known["unclaimed"].listing.pk, salt=OPT_OUT_SALT)],
        "asked": [known["unclaimed"].slug, known["asked"].pk],
        "join_letter": [signing.dumps(known["asked_by_email"].pk, salt=JOIN_SALT)],
        "asked_of_ours": [association, known["asked_of_ours"].pk],
        "merge": [known["merge"].pk],
        "measure": [known["measure"].organisation.slug, known["measure"].pk],
        "own_verification": [known["own_verification"].pk],
        "change": [known["change"].pk],
        "reviewed": [known["reviewed"].pk],
        "change_of_ours": [association, known["change"].pk],
        **{
            name: [known[name].pk]
            for name in (
                "service_type",
                "appointment",
                "to_review",
                "task",
                "approved",
                "stored",
                "checked",
                "refused",
                "described",
                "mapping",
                "slice",
                "odd",
                "owed",
                "sent",
                "request",
            )
        },
        **{name: [of_all[name].pk] for name in ("published", "previewed")},
        "running": [running],
        "draft": [world.draft.reference],
        "proposed": [world.proposed.reference],
        "proposed_party": [world.proposed.reference, association],
        "settled": [known["public"].reference],
        "document": [running, known["document"].pk],
        "paper": [running, known["paper"].pk],
        "record": [running, "activity", known["activity"].pk],
        "assessment": [world.assessment.pk],
        "claim": [world.claim.pk],
        "assessment_party": [world.assessment.pk, association],
        "a_scale": [known["a_scale"].code],
        "a_level": [known["a_scale"].code, "inform"],
        "a_criterion": [known["a_scale"].code, known["a_criterion"].pk],
        "draft_scale": [known["draft_scale"].code],
        "draft_level": [known["draft_scale"].code, "inform"],
        "draft_criterion": [known["draft_scale"].code, known["draft_criterion"].pk],
        "practice": [known["practice"].slug],
        "table": [known["table"].slug],
        "meeting": [known["table"].slug, known["meeting"].pk],
        "reset": ["1", "nonsense"],
        "number": [1],
    }


def names(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    """Of every address of the portal but the administration's."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from names(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


def rows() -> list[tuple[str, str, str, str]]:
    """Name, thing, and the letters for GET and for POST."""
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        name, thing, *letters = line.split()
        half = len(letters) // 2
        found.append((name, thing, "".join(letters[:half]), "".join(letters[half:])))
    return found


OF_NO_CITY = {
    "-", "indicator", "published", "previewed", "recalled", "released_file", "previewed_file", "recalled_file", "page", "nonsense",
    "mapping", "slice", "reset", "number", "figure", "task", "source", "dimension", "category", "identity", "a_scale", "a_level", "a_criterion",
}  # fmt: skip
"""Things of the table that are no city's, or the first one's."""
BY_FIGURES_OF_RELEASE = {"indicators:release_recall"}
"""Addresses where somebody's letter follows from whose figures the release holds: here the first city's, in test_planted.py both cities'."""
STRANGERS = ("anonymous", "outsider", "other_owner", "admin")
"""They belong to neither city, and are the same in both."""
PEOPLE = USERS + [f"far {name}" for name in USERS if name not in STRANGERS]
"""Of two cities; `far foreign` is the officer and steward of the first one."""


@dataclass(frozen=True)
class Address:
    name: str
    url: str
    city: str = ""
    """N for the first city, E for the second; none where the thing is no city's, and where there is no row of the table."""
    get: str = ""
    post: str = ""
    """The letters of that row."""

    def expected(self, who: str, method: Literal["GET", "POST"]) -> str:
        """The letter that somebody gets; empty for the other city's people, of whom the table says nothing.

        What it says of one city's people and things holds for another city's as well.
        """
        own_city = "E" if who.startswith("far ") else "N"
        if not self.city or (who not in STRANGERS and self.city != own_city):
            return ""
        return (self.get if method == "GET" else self.post)[USERS.index(who.removeprefix("far "))]


def table_of(first: World, second: World) -> list[Address]:
    """Every row on the things of the first city, and then on those of the second."""
    of_cities = (("N", things(first)), ("E", things(second, first=first)))
    return [
        Address(
            name,
            reverse(name, args=arguments[thing]),
            letter if letter == "N" or thing not in OF_NO_CITY else "",
            get,
            post,
        )
        for letter, arguments in of_cities
        for name, thing, get, post in rows()
    ]


def letter_of(response: HttpResponseBase) -> str:
    if response.status_code == 302:
        return "L" if response.headers["Location"].startswith(reverse("account_login")) else "R"
    return {200: "P", 403: "F", 404: "N", 405: "M", 410: "G"}.get(response.status_code, str(response.status_code))


def rights_asked_for(response: Any) -> list[str]:
    """What rights rest on, of something that is there, among the fields of the page's forms."""
    contexts: list[Any] = response.context if isinstance(response.context, ContextList) else [response.context or []]
    forms = {
        value
        for context in contexts
        for layer in context
        for value in layer.values()
        if isinstance(value, BaseModelForm) and value.instance.pk
    }
    return [f"{form._meta.model._meta.label}.{name}" for form in forms for name in sorted(asked_of(form))]


def faults_of(response: Any, at: str, user: str, *, expected: str) -> list[str]:
    """In an answer to somebody who gets the letter that is expected; with none, the table says nothing of them."""
    faults, answer = [], letter_of(response)
    if expected and answer != expected:
        faults.append(f"{at}: {answer} instead of {expected}")
    if user != "anonymous" and "no-store" not in response.headers.get("Cache-Control", ""):
        faults.append(f"{at}: may be kept, and was made for somebody")
    if user != "admin":
        faults += [f"{at}: asks for {asked}" for asked in rights_asked_for(response)]
    return faults


def logged_in(world: World, name: str) -> Client:
    client = Client(raise_request_exception=False)
    user = world.users[name]
    if user is not None:
        client.force_login(user)
    return client


def set_session(client: Client, session: Any) -> None:
    """The client is as it was after `logged_in`, whatever it was answered since."""
    client.cookies.clear()
    if session is not None:
        client.cookies[settings.SESSION_COOKIE_NAME] = session.value
