//! Handlers out of the generic operations. utoipa and actix want a concrete function for each, so
//! a macro writes them.

/// Emits the handlers of the operations that write one kind of resource, and a `configure` that
/// registers them: literal segments stand before a parameter in their place. It has a file of its
/// own, since it brings the names that it needs.
///
/// First come the [`Exposed`](super::Exposed) type, the tag, and what one and several are called;
/// then, for the document, the shapes out and in, the shape of an id and of a batch patch, the
/// parameters of the path, and those of the path of one. Each operation is a line with the handler,
/// the operation's id and its path; that of the removal of one goes on with the function that does it
/// and what it reads beside.
macro_rules! resource {
    (
        $kind:ident, tag: $tag:literal, one: $one:literal, many: $many:literal,
        shown: $view:ident, sent: $input:ident, named: $name:ident, patched: $patch:ident,
        place: [$($place:ident),+], target: $target:ident;

        create_or_update_all: $upsert_all:ident $upsert_all_id:literal $upsert_all_path:tt;
        create_or_update: $upsert:ident $upsert_id:literal $upsert_path:tt;
        remove_all_by_post: $post_remove:ident $post_remove_id:literal $post_remove_path:tt;
        create_all: $create_all:ident $create_all_id:literal $create_all_path:tt;
        update_all: $update_all:ident $update_all_id:literal $update_all_path:tt;
        patch_all: $patch_all:ident $patch_all_id:literal $patch_all_path:tt;
        remove_all: $remove_all:ident $remove_all_id:literal $remove_all_path:tt;
        create: $create:ident $create_id:literal $create_path:tt;
        update: $update:ident $update_id:literal $update_path:tt;
        patch: $patch_one:ident $patch_id:literal $patch_path:tt;
        remove: $remove:ident $remove_id:literal $remove_path:tt by $remover:path[$($asked:ident)?];
    ) => {
        use actix_web::{HttpResponse, delete, patch, post, put};
        use serde::Serialize;
        use utoipa::ToSchema;
        use $crate::openapi::ServiceConfig;

        use $crate::caller::Call;
        use $crate::openapi::refusals::{
            BatchRefusals, PostBatchRefusals, PostRefusals, RemoveRefusals, WriteRefusals,
        };
        use $crate::problem::{Document, Problem};
        use $crate::request::body::Body;
        use $crate::userstore::{IdempotencyKeyHeader, IfMatch};
        use $crate::userstore::resource::documented::{BatchQuery, ItemId, PatchRequest};
        use $crate::userstore::resource::operations::handler;
        use $crate::userstore::resource::{batch, single};

        /// Registers the operations that write.
        pub(super) fn configure(config: &mut ServiceConfig<'_>) {
            config
                .service($upsert_all)
                .service($upsert)
                .service($post_remove)
                .service($create_all)
                .service($update_all)
                .service($patch_all)
                .service($remove_all)
                .service($create)
                .service($update)
                .service($patch_one)
                .service($remove);
        }

        /// What a batch is answered.
        #[derive(Serialize, ToSchema)]
        #[serde(untagged)]
        #[schema(as = $kind::BatchAnswer)]
        #[expect(dead_code, reason = "describes what `Shows` writes")]
        enum BatchAnswer {
            /// All of them.
            #[schema(title = "All")]
            All(Vec<$view<'static>>),
            /// With `mode=partial`: what became of each.
            #[schema(title = "Each")]
            Each(Vec<ItemResult>),
        }

        /// What became of one item of a partial batch.
        #[derive(Serialize, ToSchema)]
        #[schema(as = $kind::ItemResult)]
        struct ItemResult {
            /// Its position in the request, from 0.
            index: usize,
            /// Its id; null where it gives none.
            #[schema(required)]
            id: Option<ItemId>,
            /// The status that it would be answered with alone.
            #[schema(minimum = 200, maximum = 599)]
            status: u16,
            /// Why it is refused.
            #[schema(nullable = false)]
            problem: Option<Document<'static>>,
            /// The resource as it is now.
            #[schema(nullable = false)]
            resource: Option<$view<'static>>,
        }

        handler! {
            #[utoipa::path(
                operation_id = $create_id,
                tag = $tag,
                summary = concat!("Makes a ", $one, "."),
                params($($place,)+ IdempotencyKeyHeader),
                request_body = $input,
                responses(
                    (status = 201, description = concat!("The ", $one), body = $view, headers(
                        ("ETag" = String, description = "Its version"),
                        ("Location" = String, description = "Its path"),
                    )),
                    PostRefusals,
                ),
            )]
            post $create_path $create(body) => single::create::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $upsert_id,
                tag = $tag,
                summary = concat!("Makes a ", $one,
                    ", or changes the properties that are present of the one that is there."),
                params($($place,)+ IfMatch, IdempotencyKeyHeader),
                request_body = $input,
                responses(
                    (
                        status = 201,
                        description = concat!("The ", $one, " as it is now, also when it was there"),
                        body = $view,
                        headers(
                            ("ETag" = String, description = "Its version"),
                            ("Location" = String, description = "Its path"),
                        ),
                    ),
                    PostRefusals,
                ),
            )]
            post $upsert_path $upsert(body) => single::create_or_update::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $update_id,
                tag = $tag,
                summary = concat!("Replaces a ", $one, "."),
                description = "What is absent becomes null, but for what guards an account, and \
                               for relations, which stay.",
                params($($place,)+ $target, IfMatch),
                request_body = $input,
                responses(
                    (
                        status = 202,
                        description = concat!("The ", $one, " as it is now"),
                        body = $view,
                        headers(("ETag" = String, description = "Its version")),
                    ),
                    WriteRefusals,
                ),
            )]
            put $update_path $update(body) => single::update::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $patch_id,
                tag = $tag,
                summary = concat!("Changes a ", $one, " by a JSON Patch (RFC 6902)."),
                description = "As a whole or not at all.",
                params($($place,)+ $target, IfMatch),
                request_body(content(
                    (PatchRequest = "application/json"),
                    (PatchRequest = "application/json-patch+json"),
                )),
                responses(
                    (
                        status = 202,
                        description = concat!("The ", $one, " as it is now"),
                        body = $view,
                        headers(("ETag" = String, description = "Its version")),
                    ),
                    WriteRefusals,
                ),
            )]
            patch $patch_path $patch_one(body) => single::patch::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $remove_id,
                tag = $tag,
                summary = concat!("Removes a ", $one, "."),
                params($($place,)+ $target, $($asked,)? IfMatch),
                responses((status = 204, description = "It is gone"), RemoveRefusals),
            )]
            delete $remove_path $remove() => $remover
        }

        handler! {
            #[utoipa::path(
                operation_id = $create_all_id,
                tag = $tag,
                summary = concat!("Makes all of these ", $many, " or none."),
                description = "A refusal names the first one at fault by its `index`.",
                params($($place,)+ BatchQuery, IdempotencyKeyHeader),
                request_body = Vec<$input>,
                responses(
                    (
                        status = 200,
                        description = "In the order of the request",
                        body = BatchAnswer,
                    ),
                    PostBatchRefusals,
                ),
            )]
            post $create_all_path $create_all(body) => batch::create_all::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $upsert_all_id,
                tag = $tag,
                summary = concat!("Makes or changes all of these ", $many, " or none."),
                description = "A refusal names the first one at fault by its `index`.",
                params($($place,)+ BatchQuery, IdempotencyKeyHeader),
                request_body = Vec<$input>,
                responses(
                    (
                        status = 200,
                        description = "In the order of the request",
                        body = BatchAnswer,
                    ),
                    PostBatchRefusals,
                ),
            )]
            post $upsert_all_path $upsert_all(body) => batch::create_or_update_all::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $update_all_id,
                tag = $tag,
                summary = concat!("Replaces all of these ", $many, " or none."),
                description = "A refusal names the first one at fault by its `index`.",
                params($($place,)+ BatchQuery),
                request_body = Vec<$input>,
                responses(
                    (
                        status = 200,
                        description = "In the order of the request",
                        body = BatchAnswer,
                    ),
                    BatchRefusals,
                ),
            )]
            put $update_all_path $update_all(body) => batch::update_all::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $patch_all_id,
                tag = $tag,
                summary = concat!("Changes all of these ", $many, " by JSON Patches or none."),
                description = "A refusal names the first one at fault by its `index`, counted \
                               through all `ids` in their order.",
                params($($place,)+ BatchQuery),
                request_body = Vec<$patch>,
                responses(
                    (
                        status = 200,
                        description = "With `mode=partial`",
                        body = Vec<ItemResult>,
                    ),
                    (
                        status = 202,
                        description = "In the order of the `ids`",
                        body = Vec<$view>,
                    ),
                    BatchRefusals,
                ),
            )]
            patch $patch_all_path $patch_all(body) => batch::patch_all::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $remove_all_id,
                tag = $tag,
                summary = concat!("Removes all of these ", $many, " or none."),
                description = "A refusal names the first one at fault by its `index`.",
                params($($place,)+ BatchQuery),
                request_body = Vec<$name>,
                responses(
                    (
                        status = 200,
                        description = "With `mode=partial`",
                        body = Vec<ItemResult>,
                    ),
                    (status = 204, description = "They are gone"),
                    BatchRefusals,
                ),
            )]
            delete $remove_all_path $remove_all(body) => batch::remove_all::<$kind>
        }

        handler! {
            #[utoipa::path(
                operation_id = $post_remove_id,
                tags = [$tag, "Extension"],
                summary = concat!("Removes all of these ", $many, " or none, as DELETE does."),
                description = "For clients and proxies that drop the body of a DELETE.",
                params($($place,)+ BatchQuery, IdempotencyKeyHeader),
                request_body = Vec<$name>,
                responses(
                    (
                        status = 200,
                        description = "With `mode=partial`",
                        body = Vec<ItemResult>,
                    ),
                    (status = 204, description = "They are gone"),
                    PostBatchRefusals,
                ),
            )]
            post $post_remove_path $post_remove(body) => batch::remove_all::<$kind>
        }
    };
}
pub(in crate::userstore) use resource;

/// Emits one handler with its document.
macro_rules! handler {
    (#$document:tt $method:ident $path:tt $handler:ident() => $run:expr) => {
        #$document
        #[$method($path)]
        pub(crate) async fn $handler(call: Call) -> Result<HttpResponse, Problem> {
            $run(&call).await
        }
    };
    (#$document:tt $method:ident $path:tt $handler:ident(body) => $run:expr) => {
        #$document
        #[$method($path)]
        pub(crate) async fn $handler(call: Call, body: Body) -> Result<HttpResponse, Problem> {
            $run(&call, body).await
        }
    };
}
pub(in crate::userstore) use handler;
