//! What every adapter of the database port must do: each rule of [`domain::unit_of_work`] and of the
//! repositories is a case. [`conformance!`](crate::conformance!) makes a test of each.
//!
//! A case gets a [`Harness`], an empty database with its schema, and keeps it to itself. Cases go
//! through the ports alone, so they say nothing about how an adapter works, only what it does.
//! Where two adapters may differ the case allows both, and says so.
//!
//! # Panics
//! A case that fails panics, as a test does.
#![expect(clippy::unwrap_used, reason = "a case fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a case fails by panicking")]
#![expect(clippy::panic, reason = "a case fails by panicking, and one of them panics on purpose")]
#![expect(clippy::missing_panics_doc, reason = "said once, in the documentation of the module")]

pub mod addresses;
pub mod administrators;
pub mod answers;
pub mod attempts;
pub mod attributes;
pub mod audit;
pub mod batches;
pub mod clients;
pub mod concurrency;
pub mod erasure;
pub mod filters;
mod full;
pub mod group_lists;
pub mod groups;
pub mod isolation;
pub mod leases;
pub mod lists;
pub mod log_archive;
pub mod log_growth;
pub mod log_keys;
pub mod log_races;
pub mod log_reading;
pub mod logs;
pub mod memberships;
pub mod nestings;
pub mod outbox;
pub mod passwords;
mod reference;
pub mod roles;
pub mod savepoints;
pub mod second_factors;
pub mod session_tokens;
pub mod sessions;
mod setting;
pub mod sign_in_names;
pub mod stores;
pub mod tokens;
mod trail;
pub mod units;
pub mod users;
pub mod values;
pub mod waiting;

use std::sync::Arc;

use async_trait::async_trait;
use domain::unit_of_work::UnitOfWork;

pub use setting::Setting;

use crate::MemoryStore;

/// An empty database with its schema, for one case. It may remove it when it is dropped.
#[async_trait]
pub trait Harness: Send + Sync {
    /// The adapter on that database.
    fn unit_of_work(&self) -> Arc<dyn UnitOfWork>;

    /// The adapter as a second node has it: connections of its own to the same database. What has
    /// no second node gives the same handle.
    async fn second_node(&self) -> Arc<dyn UnitOfWork> {
        self.unit_of_work()
    }
}

impl Harness for MemoryStore {
    fn unit_of_work(&self) -> Arc<dyn UnitOfWork> {
        Arc::new(self.clone())
    }
}

/// Runs a test on a runtime of several threads, so that tasks of a case really meet.
///
/// # Panics
/// There is no runtime, or the test panics.
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    runtime.unwrap().block_on(test)
}

/// Makes the module `$adapter` with one test per case, each on the [`Harness`](crate::conformance::Harness)
/// that the expression makes; the expression may await.
///
/// ```
/// use testkit::MemoryStore;
///
/// testkit::conformance!(memory, MemoryStore::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance {
    ($adapter:ident, $harness:expr) => {
        $crate::conformance! { @cases $adapter, $harness,
            units {
                a_commit_stores_the_change_and_its_entry
                a_rollback_stores_nothing
                an_error_of_the_work_rolls_back_and_reaches_the_caller
                a_failure_between_two_changes_leaves_neither
                a_swallowed_failure_fails_the_unit_and_stores_nothing
                a_panic_stores_nothing_and_the_adapter_lives_on
                a_rehearsal_sees_its_own_changes_and_stores_nothing
                a_rehearsal_meets_the_conflicts_of_the_real_change
                a_point_refuses_writes
                a_read_refuses_writes
                a_point_finds_what_is_committed
                a_bulk_change_commits
                a_unit_sees_its_own_changes
                a_unit_without_a_change_leaves_nothing
            }
            savepoints {
                what_a_savepoint_keeps_is_committed
                a_savepoint_is_undone_alone
                a_failure_swallowed_in_a_savepoint_undoes_it_and_is_told
                a_failure_that_a_savepoint_rolls_back_leaves_the_unit_usable
                an_undone_savepoint_takes_those_inside_along
                a_savepoint_inside_another_is_undone_alone
                a_savepoint_of_a_rolled_back_unit_is_not_kept
                many_savepoints_follow_one_another
                a_panic_in_a_savepoint_stores_nothing
            }
            concurrency {
                of_64_creates_of_one_login_name_one_wins
                of_16_stores_of_one_name_one_is_made
                of_4_first_starts_one_makes_the_first_key
                concurrent_changes_of_one_user_lose_none
                two_units_that_lock_in_opposite_order_both_commit
                a_read_sees_one_state_while_a_writer_commits
                a_dropped_future_does_not_tear_a_unit
                what_one_node_commits_the_other_sees
                reserved_numbers_never_overlap
            }
            waiting {
                changes_in_a_store_and_of_the_store_wait_for_each_other
                changes_of_one_store_wait_for_one_another
                those_who_change_the_graph_wait_for_one_another
                of_writers_that_build_a_ring_one_is_refused
                those_who_take_system_admin_away_wait_for_one_another
                of_units_that_take_every_system_admin_away_one_leaves_the_last
                of_two_units_that_take_one_key_the_second_waits
                the_second_gets_the_key_when_the_first_is_rolled_back
                of_16_units_with_one_key_one_does_the_work
                who_is_found_for_update_is_changed_by_nobody_else
            }
            users {
                who_is_not_there_is_none
                a_user_is_found_by_login_name_ignoring_case
                a_taken_id_is_a_conflict
                a_taken_login_name_is_a_conflict_ignoring_case
                a_taken_external_id_is_a_conflict_as_typed
                many_users_have_no_external_id
                an_update_replaces_every_property
                an_update_may_change_the_case_of_a_login_name
                an_update_frees_what_the_user_held
                an_update_to_what_another_holds_is_a_conflict
                an_update_of_who_is_not_there_is_stale
                a_removed_user_is_gone_and_its_names_are_free
                a_user_has_the_number_of_the_entry_that_recorded_its_making
                the_number_of_a_user_never_changes
                removing_who_is_not_there_is_stale
                a_user_with_relations_is_not_removed
                a_touch_changes_the_version_alone
                users_to_lock_come_once_each_in_order
                the_holders_of_anything_wanted_come_once_each_in_order
                the_holders_of_many_things_are_found
                updates_of_many_users_happen_in_their_order
                a_long_chain_of_renamings_is_one_update
                an_update_of_many_with_one_missing_is_stale
                many_users_are_removed_at_once
                users_are_checked_in_order_of_their_ids
            }
            addresses {
                an_address_that_nobody_signs_in_by_is_free
                an_address_that_somebody_signs_in_by_is_taken_ignoring_case
                an_address_is_free_again_once_nobody_signs_in_by_it
                many_users_have_no_address_and_one_may_respell_its_own
                of_a_set_it_is_said_whose_address_is_taken
                an_update_may_take_the_address_that_an_earlier_one_frees
                all_users_of_a_store_begin_and_cease_to_sign_in_by_address
                users_with_one_address_cannot_sign_in_by_it
            }
            batches {
                all_new_users_are_inserted_with_their_entries
                of_each_taken_user_it_is_said_what_is_taken
                of_several_things_taken_the_first_is_said
                of_two_alike_in_one_set_the_first_is_inserted
                an_empty_set_inserts_nothing
                a_set_larger_than_a_statement_is_inserted_but_for_those_taken
            }
            lists {
                users_come_in_order_of_their_ids
                a_page_holds_at_most_its_limit
                users_come_by_every_key_both_ways
                pages_follow_one_another_by_every_key
                a_page_begins_behind_a_place_that_nobody_has
                a_filter_goes_with_every_order_and_place
                pages_meet_everybody_who_stays_once
                entries_come_in_order_of_their_numbers
            }
            filters {
                a_filter_lets_through_the_users_that_the_domain_does
                a_filter_lets_through_the_groups_that_the_domain_does
                a_filter_lets_through_the_attributes_that_the_domain_does
                a_filter_lets_through_the_entries_that_the_domain_does
                a_filter_may_hold_the_character_that_no_text_holds
            }
            attributes {
                attributes_are_added_changed_and_removed
                attributes_come_in_order_of_the_folded_key
                attributes_of_many_owners_come_in_order_of_owner_and_key
                attributes_are_found_by_their_folded_keys
                attributes_of_an_owner_are_measured
                attributes_of_an_owner_are_listed_in_pages
                an_attribute_of_nobody_dangles
                a_taken_key_is_a_conflict_ignoring_case
                changing_or_removing_a_missing_attribute_is_stale
                the_case_of_a_key_may_change
                a_large_set_of_attributes_is_applied_whole
            }
            groups {
                a_group_is_found_as_it_was_inserted
                of_each_taken_group_it_is_said_what_is_taken
                a_large_set_of_groups_is_inserted_but_for_those_taken
                groups_that_are_asked_for_come_once_each_in_order
                groups_are_found_by_their_folded_names
                updates_of_many_groups_happen_in_their_order
                an_update_of_a_missing_group_is_stale_and_of_a_taken_name_a_conflict
                removed_groups_are_gone_and_their_names_are_free
                a_group_with_relations_is_not_removed
                a_touch_changes_the_version_of_each_group
                groups_are_checked_in_order_of_their_ids
            }
            group_lists {
                each_scope_gives_its_groups_once
                groups_of_every_scope_come_by_every_key_in_pages
                groups_come_in_order_of_their_folded_names
                a_page_of_groups_begins_behind_a_place_that_no_group_has
                pages_meet_every_group_that_stays_once
                a_deep_ladder_of_diamonds_is_no_slower_than_its_groups
            }
            memberships {
                memberships_are_added_and_removed_with_their_entries
                a_membership_of_nobody_or_in_nothing_dangles
                a_membership_that_is_there_is_a_conflict
                removing_a_missing_membership_is_stale
                groups_of_many_users_come_in_order_of_user_and_group
                members_of_many_groups_come_in_pages
                a_page_of_members_begins_behind_a_place
                every_membership_in_many_groups_comes_in_order
                a_large_set_of_memberships_is_applied_whole
            }
            nestings {
                nestings_are_added_and_removed_with_their_entries
                a_nesting_of_a_missing_group_dangles
                a_nesting_that_is_there_is_a_conflict
                removing_a_missing_nesting_is_stale
                parents_and_children_of_many_groups_come_in_order
                each_nesting_above_or_below_comes_once_also_in_diamonds
                a_chain_of_groups_is_followed_to_its_end
                what_lies_above_and_below_many_groups_is_found
            }
            roles {
                assignments_come_in_order_in_pages
                assignments_are_filtered_by_holder_role_and_reach
                a_role_is_kept_in_its_spelling
                what_holders_hold_themselves_comes_in_order
                a_role_that_is_held_is_a_conflict
                removing_a_role_that_is_not_held_is_stale
                what_users_hold_by_themselves_and_by_their_groups_comes_once
                what_groups_give_to_their_members_comes_once
                a_role_of_a_client_is_one_of_its_grants
            }
            administrators {
                a_client_is_an_administrator_until_it_expires
                a_user_is_an_administrator_while_it_could_act
                the_validity_of_an_administrator_is_half_open
                an_administrator_with_an_expired_password_counts_while_they_may_change_it
                a_member_of_a_group_is_an_administrator_through_nesting
                one_of_many_administrators_is_enough
            }
            clients {
                a_client_is_found_by_its_key_with_its_store_and_grants
                whether_there_is_any_client_in_any_store_is_told
                a_taken_client_id_is_a_conflict
                a_taken_client_name_is_a_conflict_ignoring_case
                a_removed_client_is_gone_with_its_key_and_grants
                removing_a_missing_client_is_stale
                clients_come_in_order_with_their_grants
            }
            stores {
                a_store_is_found_by_id_and_by_name_ignoring_case
                a_taken_store_is_data_not_a_failure
                stores_come_in_order_of_their_ids
                an_update_of_a_store_replaces_every_property
                an_update_of_a_missing_store_is_stale_and_of_a_taken_name_a_conflict
                a_store_is_empty_without_users_groups_and_clients
                a_removed_store_is_gone_and_its_trail_stays
                a_store_that_is_not_empty_is_not_removed
            }
            isolation {
                the_same_names_and_ids_live_in_two_stores
                one_store_shows_nothing_of_another
                one_store_changes_nothing_of_another
                what_is_in_another_store_cannot_be_related_to
                each_store_counts_its_own_entries
            }
            audit {
                entries_come_back_bit_by_bit
                an_entry_names_whoever_acted
                an_entry_that_is_not_there_is_none
                the_first_number_of_a_store_is_1
                a_number_that_is_used_is_a_conflict
                every_kind_of_change_leaves_its_entry
            }
            log_growth {
                entries_wait_until_they_are_sealed
                entries_that_are_stored_at_once_wait_as_runs
                every_kind_of_change_waits_to_be_sealed
                what_is_not_committed_does_not_wait
                what_is_undone_by_a_savepoint_does_not_wait
                entries_are_sealed_as_they_were_committed
                a_log_grows_by_a_part_of_a_run
                a_log_of_another_size_does_not_grow
                a_run_that_waits_no_longer_as_it_was_is_not_taken
                an_entry_is_sealed_once
                a_growth_of_a_unit_that_is_rolled_back_is_undone
                the_tiles_of_a_log_follow_from_its_leaves
                a_large_set_of_entries_is_sealed_whole
                a_log_outlives_its_store
                each_store_has_a_log_of_its_own
                a_log_that_never_began_has_no_head
                entries_are_looked_at_in_parts
                an_entry_in_no_log_is_found_in_its_part
                who_locks_a_log_is_waited_for
            }
            log_reading {
                sealed_entries_come_in_order_of_their_leaves
                events_come_from_any_leaf_on
                checkpoints_are_found_and_counted
                the_largest_checkpoint_before_a_time_is_found
                the_stored_log_proves_what_it_says
            }
            log_archive {
                old_entries_are_dropped_in_steps
                a_log_whose_beginning_is_dropped_goes_on
                entries_of_a_unit_that_is_rolled_back_are_not_dropped
                the_log_of_a_removed_store_is_dropped_too
            }
            log_keys {
                a_log_begins_with_the_key_that_was_registered_last
                the_terms_of_keys_come_in_order
                a_key_of_another_leaf_than_the_next_is_stale
                an_update_of_a_store_replaces_its_key
                a_log_is_handed_over_to_another_key
                without_its_key_a_store_does_not_change
            }
            log_races {
                two_that_seal_under_8_writers_seal_each_entry_once
                of_16_that_make_a_log_grow_at_once_one_does
                a_log_is_handed_over_twice_under_8_writers
            }
            logs {
                stores_whose_entries_wait_come_in_order
                heads_of_logs_come_in_order_of_their_stores
                stores_that_have_to_have_a_log_come_in_order
                keys_come_in_the_order_of_their_places
                of_16_keys_that_want_one_place_one_gets_it
                a_lease_is_one_nodes_until_it_ends
                leases_are_taken_by_name
                a_lease_by_a_clock_that_was_ahead_counts_as_ended
                of_16_that_want_a_lease_one_gets_it
            }
            erasure {
                what_the_trail_holds_of_a_user_is_erased
                a_user_is_erased_again_and_again
                what_a_unit_erases_that_is_rolled_back_is_there
                each_store_erases_what_is_its_own
                a_long_life_is_erased_whole
                a_person_is_deleted_and_erased
            }
            answers {
                the_answer_of_a_key_is_kept
                a_key_is_one_callers_in_one_store
                an_answer_that_is_too_old_is_forgotten
                answers_that_are_too_old_are_dropped_on_the_way
                a_key_of_a_unit_that_is_rolled_back_is_free
                the_answers_of_a_store_are_forgotten
            }
            passwords {
                a_password_is_kept_with_its_version
                a_password_of_nobody_dangles
                earlier_passwords_come_latest_first
                of_earlier_passwords_as_many_stay_as_are_kept
                a_rehash_replaces_the_hash_alone
                only_the_present_hash_is_rehashed
                of_16_rehashes_of_one_hash_one_is_done
                a_password_of_a_unit_that_is_rolled_back_is_as_before
                passwords_go_with_their_user
                each_store_has_passwords_of_its_own
            }
            attempts {
                attempts_come_back_as_they_were_saved
                attempts_on_nobody_dangle
                cleared_attempts_no_longer_count
                attempts_of_a_unit_that_is_rolled_back_are_as_before
                of_two_first_attempts_the_second_waits_and_both_count
                of_32_attempts_at_once_each_is_counted
                attempts_go_with_their_user
                each_store_has_attempts_of_its_own
                users_show_their_failures_and_their_last_attempt
                writes_of_users_leave_what_they_show_of_attempts
                the_last_attempt_outlasts_the_failures
                users_are_filtered_by_their_failures
            }
            sign_in_names {
                what_is_counted_under_a_name_comes_back
                a_name_takes_the_place_of_another_when_it_is_saved
                cleared_names_are_forgotten
                names_of_a_unit_that_is_rolled_back_are_as_before
                of_two_first_failures_the_second_waits_and_both_count
                of_32_failures_at_once_none_fails_its_unit
                each_store_has_names_of_its_own
                names_go_with_their_store
            }
            tokens {
                a_token_takes_the_place_of_the_one_before
                a_user_has_a_token_of_each_purpose
                a_token_of_nobody_dangles
                a_token_is_taken_once
                of_two_units_that_take_a_token_one_gets_it
                of_50_units_that_take_a_token_one_gets_it
                a_token_of_a_unit_that_is_rolled_back_is_as_before
                every_token_of_a_user_is_cleared
                tokens_go_with_their_user
                each_store_has_tokens_of_its_own
            }
            sessions {
                a_session_is_found_by_its_token_with_its_user
                a_session_that_has_expired_is_found_still
                a_session_is_found_by_its_refresh_token
                sessions_are_found_in_whatever_store
                a_session_of_nobody_dangles
                a_session_is_found_for_update
                a_session_is_ended_once
                all_sessions_of_many_users_end_but_one
                sessions_that_have_expired_are_forgotten
                of_many_sessions_those_that_started_last_stay
                a_session_of_a_unit_that_is_rolled_back_is_as_before
                sessions_go_with_their_user
                each_store_has_sessions_of_its_own
                who_finds_a_session_for_update_is_waited_for
            }
            session_tokens {
                showing_the_second_factor_replaces_every_token
                elevating_a_session_that_is_gone_is_stale
                of_16_units_that_elevate_a_session_one_does
                a_session_gets_further_tokens
                tokens_that_went_unused_end_when_another_is_added
                of_many_tokens_of_a_session_those_used_last_stay
                a_token_of_a_session_that_is_gone_dangles
                a_touch_notes_the_use_of_one_token
            }
            second_factors {
                a_second_factor_comes_back_as_it_was_put
                of_wrong_codes_no_more_is_kept_than_counts
                a_second_factor_of_nobody_dangles
                a_removed_second_factor_is_gone_with_its_codes
                cleared_wrong_codes_no_longer_count
                a_second_factor_that_is_put_leaves_the_recovery_codes
                recovery_codes_take_the_place_of_those_before
                a_recovery_code_is_taken_once
                of_two_units_that_take_a_recovery_code_one_gets_it
                of_50_units_that_take_a_recovery_code_one_gets_it
                of_50_units_that_use_a_step_one_does
                who_locks_a_second_factor_is_waited_for
                of_two_that_put_a_first_second_factor_the_later_sees_the_other
                a_second_factor_of_a_unit_that_is_rolled_back_is_as_before
                second_factors_go_with_their_user
                each_store_has_second_factors_of_its_own
            }
            outbox {
                a_delivery_is_claimed_as_it_was_put
                a_delivery_that_is_put_twice_is_one
                a_delivery_is_claimed_from_when_it_is_due
                the_longest_due_are_claimed_first
                deliveries_of_a_line_are_claimed_one_after_the_other
                a_leased_first_delivery_holds_up_its_line_and_no_other
                a_postponed_first_delivery_holds_up_its_line_and_no_other
                a_delivery_that_was_given_up_holds_up_nothing
                each_store_has_lines_and_deliveries_of_its_own
                deliveries_of_a_unit_that_is_rolled_back_are_as_before
                deliveries_go_with_their_store
                a_large_set_of_deliveries_is_put_whole
            }
            leases {
                what_is_leased_is_claimable_again_when_the_lease_ends
                who_had_a_claim_before_has_it_no_more
                a_lease_that_ended_and_is_nobody_elses_still_counts
                a_claim_is_settled_once
                dead_letters_are_forgotten_by_their_age
                of_two_workers_that_claim_at_once_none_gets_what_the_other_has
                of_8_workers_each_delivery_has_one_and_lines_stay_in_order
            }
            values {
                the_longest_texts_come_back
                the_first_and_the_last_moment_come_back
                every_flag_comes_back_both_ways
                nothing_and_empty_are_told_apart
                text_that_means_something_elsewhere_is_only_text
                names_that_fold_alike_are_one_name
                a_value_of_64_kib_comes_back
                the_lowest_and_the_highest_id_come_back
            }
        }
    };
    (@cases $adapter:ident, $harness:expr, $($area:ident { $($case:ident)+ })+) => {
        mod $adapter {
            #[allow(unused_imports, reason = "the harness may stand beside the macro")]
            use super::*;

            $($(
                #[test]
                fn $case() {
                    $crate::conformance::block_on(async {
                        let harness = $harness;
                        $crate::conformance::$area::$case(&harness).await;
                    });
                }
            )+)+
        }
    };
}
